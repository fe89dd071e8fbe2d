"""Admin page of what bots' strategies decided: on which candle, what they wanted, and what was sent."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, FieldTextFilter
from unfold.decorators import display

from bots.models import BotDecision, DecisionCode
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, flight_link, pill
from strategies.admin.rules import rule_title

_COLOURS: dict[str, str] = {
    DecisionCode.UNCHANGED: "",
    DecisionCode.MISSED: "warning",
    DecisionCode.STALE: "warning",
}


@admin.register(BotDecision)
class BotDecisionAdmin(ReadOnlyAdmin):
    list_display = (*("opened_at", "bot", "symbol", "interval", rule_title, "wanted", "came_to", "sent", "decided_at"),)
    list_filter = (
        ("bot", AutocompleteSelectFilter),
        ("interval", ChoicesDropdownFilter),
        ("code", FieldTextFilter),
        ("opened_at", DayRangeFilter),
    )
    list_select_related = ("bot",)
    search_fields = ("bot__name", "symbol", "rule", "code", "reason")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("bot", "sent"), ("wanted", "is_made"), ("came_to", "reason"))}),
        ("Decided on", {"fields": (("symbol", "interval", "opened_at"), "candle", (rule_title, "parameters"))}),
        ("Handled", {"fields": (("decided_at", "settled_at"), ("attempts", "lease_until"))}),
    )

    @display(description="target", ordering="target")
    def wanted(self, decision: BotDecision) -> str:
        return "-" if decision.target is None else f"{decision.target:g}"

    @display(description="code", ordering="code")
    def came_to(self, decision: BotDecision) -> SafeString:
        if not decision.code:
            return pill("sent", "success")
        return pill(decision.code, _COLOURS.get(decision.code, "danger"))

    @display(description="signal")
    def sent(self, decision: BotDecision) -> SafeString | str:
        return flight_link(decision.signal_id, str(decision.signal_id)[:8]) if decision.signal_id else "-"
