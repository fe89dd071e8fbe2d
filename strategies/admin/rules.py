"""Rules in a form of the console: chosen from the catalogue, what each takes told beside it."""

import json
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

from strategies.catalogue import find_rule, is_own, rule_names
from strategies.parameters import wanted_words

NO_RULE = "None: only a name, decided on elsewhere"


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
