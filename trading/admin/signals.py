"""Admin pages of signals and outcomes: who asked for what, and what became of it, account by account."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, FieldTextFilter
from unfold.decorators import display

from core.admin.exporting import export_csv
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, badge, flight_link, list_link, page_link, printed
from trading.admin import scopes
from trading.admin.owners import owner
from trading.models import Order, Outcome, OutcomeStatus, ScopeType, Signal, SignalSource, SignalStatus

MOST_OUTCOMES_SHOWN = 200
_SOURCE = badge(
    "source", {SignalSource.ALERT: "info", SignalSource.STRATEGY: "primary", SignalSource.GROUP_TRADE: "warning"}
)
_STATUS = badge(
    "status",
    {
        SignalStatus.PROCESSED: "success",
        SignalStatus.PROCESSING: "info",
        SignalStatus.REJECTED: "danger",
    },
)
_OUTCOME = badge(
    "status",
    {
        OutcomeStatus.FILLED: "success",
        OutcomeStatus.PARTIALLY_FILLED: "info",
        OutcomeStatus.PENDING: "info",
        OutcomeStatus.REJECTED: "danger",
        OutcomeStatus.UNKNOWN: "warning",
    },
)
_SIDE = badge("side", {"buy": "success", "sell": "danger", "close": "warning"})


@admin.register(Signal)
class SignalAdmin(ReadOnlyAdmin):
    change_form_outer_after_template = "admin/trading/outcomes.html"
    actions: tuple[Any, ...] = (export_csv,)
    list_display = (
        *("received_at", _SOURCE, "asked_by", "symbol", _SIDE, "size", _STATUS, "code"),
        *("success_count", "error_count"),
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("instrument", AutocompleteSelectFilter),
        ("code", FieldTextFilter),
        ("received_at", DayRangeFilter),
    )
    list_select_related = ("instrument", "user")
    search_fields = ("id", "symbol", "code", "reason", "bot_id", "group_id", "user__username")
    ordering = ("-received_at", "id")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("id", _STATUS),
                    ("code", "reason"),
                    (_SOURCE, "user"),
                    ("bot", "group"),
                    ("received_at", "took"),
                    ("success_count", "error_count"),
                    "flight",
                )
            },
        ),
        ("Asked", {"fields": (("symbol", "instrument"), (_SIDE, "size"), "intent")}),
    )

    @display(description="flight recorder")
    def flight(self, signal: Signal) -> SafeString:
        return flight_link(signal.pk, "From its bytes to the ledger")

    @display(description="asked by")
    def asked_by(self, signal: Signal) -> SafeString | str:
        return scopes.asked_by(signal)

    @display(description="bot")
    def bot(self, signal: Signal) -> SafeString | str:
        return scopes.bot_of(signal)

    @display(description="group")
    def group(self, signal: Signal) -> SafeString | str:
        return scopes.group_of(signal)

    @display(description="took")
    def took(self, signal: Signal) -> str:
        if signal.finished_at is None:
            return "-"
        return f"{(signal.finished_at - signal.received_at).total_seconds() * 1000:.0f} ms"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signal]:
        return scopes.with_names(super().get_queryset(request), [ScopeType.BOT, ScopeType.GROUP])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Signal, **kwargs: Any
    ) -> HttpResponse:
        return super().render_change_form(request, {**context, **_outcomes_of(obj)}, *args, obj=obj, **kwargs)


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    actions = (export_csv,)
    list_display = ("updated_at", "signal", "account", owner, _OUTCOME, "code", "reason", "quantity", "average_price")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("code", FieldTextFilter),
        ("account", AutocompleteSelectFilter),
        ("updated_at", DayRangeFilter),
    )
    list_select_related = ("signal", "account__owner")
    search_fields = ("signal__id", "signal__symbol", "account__name", "account__owner__username", "code", "reason")
    ordering = ("-updated_at", "id")
    fieldsets = (
        (None, {"fields": ("id", _OUTCOME, "code", "reason", "signal", "account", "leg")}),
        ("Done", {"fields": ("quantity", "average_price", "orders", "flight", "updated_at")}),
    )

    @display(description="orders")
    def orders(self, outcome: Outcome) -> SafeString | str:
        return _order_links(Order.objects.filter(signal=outcome.signal_id, account=outcome.account_id).order_by("leg"))

    @display(description="flight recorder")
    def flight(self, outcome: Outcome) -> SafeString:
        return _flight_of(outcome, "Why, with its arithmetic and its milliseconds")


def _outcomes_of(signal: Signal) -> dict[str, Any]:
    """Return what the page of a signal shows of its outcomes; the statements do not grow with them."""
    outcomes = Outcome.objects.filter(signal=signal)
    shown = outcomes.select_related("account").order_by("account__name", "account")[:MOST_OUTCOMES_SHOWN]
    orders: dict[UUID, list[Order]] = defaultdict(list)
    for order in Order.objects.filter(signal=signal).order_by("leg"):
        orders[order.account_id].append(order)
    rows = [_row(outcome, orders[outcome.account_id]) for outcome in shown]
    every = list_link(Outcome, "as a list", signal__id__exact=signal.pk)
    return {"outcomes": rows, "outcomes_count": outcomes.count(), "outcomes_link": every}


def _row(outcome: Outcome, orders: Iterable[Order]) -> dict[str, Any]:
    account = outcome.account
    return {
        "account": page_link(type(account), account.pk, account.name),
        "status": _OUTCOME(outcome),
        "code": outcome.code,
        "reason": outcome.reason,
        "quantity": printed(outcome.quantity),
        "average_price": printed(outcome.average_price),
        "orders": _order_links(orders),
        "flight": _flight_of(outcome, "Why"),
    }


def _flight_of(outcome: Outcome, text: str) -> SafeString:
    return flight_link(outcome.signal_id, text, account=outcome.account.name)


def _order_links(orders: Iterable[Order]) -> SafeString | str:
    links = ((page_link(Order, order.pk, f"{order.side} {order.pk!s:.8}"),) for order in orders)
    return format_html_join(" ", "{}", links) or "-"
