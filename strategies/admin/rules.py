"""Rules in the console: chosen from the catalogue in forms, called by their titles in lists and on pages."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from strategies.catalogue import find_rule, is_own, rule_names, title_of
from strategies.parameters import wanted_words

NO_RULE = "None: only a name, decided on elsewhere"


@display(description="rule", ordering="rule")
def rule_title(row: Any) -> str:
    """Return the title of a row's rule; a dash without one."""
    return title_of(row.rule) if row.rule else "-"


class RuleFilter(admin.SimpleListFilter):
    """The rules that rows have, by their titles."""

    title = "rule"
    parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        names = model_admin.model._default_manager.exclude(rule="").order_by().values_list("rule", flat=True)
        return sorted(((name, title_of(name)) for name in names.distinct()), key=lambda named: named[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule=self.value()) if self.value() else queryset


class RuleField(forms.ChoiceField):
    """Chooses one of the catalogue's rules, or none."""

    widget = UnfoldAdminSelectWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_choices, required=False, **kwargs)

    def keep(self, rule: str) -> None:
        """Offer a rule that is stored, too, where the catalogue has it no more."""
        if rule and rule not in rule_names():
            self.choices = [*_choices(), (rule, f"{rule} (no longer in the catalogue)")]


def rules_told(opened: str) -> SafeString:
    """Return the parameters of every rule, folded up but for those of the rule `opened`."""
    rules = [
        {
            "rule": rule,
            "is_open": rule.name == opened,
            "parameters": [
                (name, json.dumps(schema.get("default")), wanted_words(schema), schema.get("description", ""))
                for name, schema in rule.parameters.items()
            ],
        }
        for rule in map(find_rule, rule_names())
    ]
    return SafeString(render_to_string("admin/strategies/rules.html", {"rules": rules}))


def _choices() -> list[Any]:
    """Return the rules as Django's grouped choices, read when a page is made."""
    rules = [find_rule(name) for name in rule_names()]
    shipped = [(rule.name, rule.title) for rule in rules if not is_own(rule)]
    own = [(rule.name, rule.title) for rule in rules if is_own(rule)]
    return [("", NO_RULE), ("Shipped", shipped), *([("The desk's own", own)] if own else [])]
