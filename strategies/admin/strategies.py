"""Strategies and where they are traded, in the operators' console: written through their services."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin.acting import one_by_one
from core.admin.confirming import Announcement, asks_first, lines_of
from core.admin.history import HistoryAdmin
from core.admin.json_objects import JSONObjectField
from core.admin.pieces import ServiceAdmin, ServiceForm, pill
from market.intervals import Interval
from strategies.admin.rules import RuleField, RuleFilter, rule_title, rules_told
from strategies.models import Strategy, TradeStrategy
from strategies.services.strategies import create_strategy, delete_strategy, replace_strategy
from strategies.services.trade_strategies import create_trade_strategy, delete_trade_strategy, replace_trade_strategy

_PARAMETERS = "A JSON object; what is not named has the rule's default."
_TERMS = ("name", "description", "rule", "parameters")


def _hiding(rows: QuerySet[Any]) -> Announcement:
    living = rows.filter(deleted_at=None)
    count = living.count()
    sentence = f"Delete {count} of the rows chosen. One that something living uses stays, and so does what was run."
    return Announcement(sentence, lines_of(living, lambda first: map(str, first), count=count), is_possible=count > 0)


class HidingAdmin(HistoryAdmin, ServiceAdmin):
    """Rows that are hidden, not deleted: by an action, one after another, the refused ones told."""

    actions: tuple[str, ...] = ("hide",)
    hide_one: Callable[..., None]

    @display(description="state")
    def state(self, row: Any) -> SafeString:
        return pill("deleted", "danger") if row.deleted_at else pill("living", "success")

    @admin.action(description="Delete", permissions=["change"])
    @asks_first(_hiding, button="Delete", is_dangerous=True)
    def hide(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        def hide(row: Any) -> str:
            type(self).hide_one(row.pk, now=timezone.now())
            return "Deleted."

        if hidden := one_by_one(self, request, queryset.filter(deleted_at=None), hide):
            self.message_user(request, f"Deleted: {', '.join(map(str, hidden))}.", messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.deleted_at is None) and super().has_change_permission(request, obj)


class StrategyForm(ServiceForm):
    """A strategy's terms."""

    rule = RuleField(help_text="Decides where it is bound to a bot or run over candles.")
    parameters = JSONObjectField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].keep(self.instance.rule)  # type: ignore[attr-defined]
        self.fields["parameters"].help_text = format_html("{}{}", _PARAMETERS, rules_told(self.instance.rule))


@admin.register(Strategy)
class StrategyAdmin(HidingAdmin):
    form = StrategyForm
    hide_one = staticmethod(delete_strategy)
    actions = (*HidingAdmin.actions, "run_backtest")

    list_display = ("name", "owner", "state", rule_title, "slug", "created_at")
    list_filter = (RuleFilter, ("owner", AutocompleteSelectFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "slug", "rule", "owner__username")
    ordering = ("-created_at", "id")
    autocomplete_fields = ("owner",)
    readonly_fields = ("owner", "state", "slug", "created_at", "updated_at")
    add_fieldsets = ((None, {"fields": ("owner", *_TERMS)}),)
    fieldsets = ((None, {"fields": (*_TERMS, "state", "owner", "slug", "created_at", "updated_at")}),)

    @admin.action(description="Run a backtest", permissions=["view"])
    def run_backtest(self, request: HttpRequest, queryset: QuerySet[Strategy]) -> HttpResponse | None:
        """Lead to the form of backtests, filled in; it is run from there."""
        chosen = list(queryset.filter(deleted_at=None).exclude(rule="")[:2])
        if len(chosen) == 1:
            return HttpResponseRedirect(reverse("backtests", query={"strategy": chosen[0].pk}))
        self.message_user(request, "Select one strategy that has a rule.", messages.ERROR)
        return None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Strategy, form: forms.ModelForm, change: bool) -> None:
        terms = {name: form.cleaned_data[name] for name in _TERMS}
        if change:
            replace_strategy(obj.pk, **terms, now=timezone.now())
            return
        obj.pk = create_strategy(owner=form.cleaned_data["owner"], **terms, now=timezone.now()).pk


@admin.register(TradeStrategy)
class TradeStrategyAdmin(HidingAdmin):
    hide_one = staticmethod(delete_trade_strategy)

    list_display = ("strategy", "instrument", "interval", "owner", "state", "created_at")
    list_filter = (("interval", ChoicesDropdownFilter), ("owner", AutocompleteSelectFilter))
    list_select_related = ("strategy", "instrument", "owner")
    search_fields = ("strategy__name", "instrument__symbol", "owner__username")
    ordering = ("-created_at", "id")
    autocomplete_fields = ("strategy", "instrument")
    readonly_fields = ("owner", "state", "created_at", "updated_at")
    add_fieldsets = ((None, {"fields": ("strategy", "instrument", "interval")}),)
    fieldsets = (
        (None, {"fields": ("strategy", "instrument", "interval", "owner", "state", "created_at", "updated_at")}),
    )

    def save_model(self, request: HttpRequest, obj: TradeStrategy, form: forms.ModelForm, change: bool) -> None:
        told = form.cleaned_data
        terms: dict[str, Any] = {"strategy_id": told["strategy"].pk, "instrument": told["instrument"]}
        terms |= {"interval": Interval(told["interval"]), "now": timezone.now()}
        if change:
            replace_trade_strategy(obj.pk, **terms)
            return
        obj.pk = create_trade_strategy(**terms).pk
