"""Admin page of positions: what is held, and what was."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin.exporting import export_csv
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, badge, decimal_column, list_link, pill
from trading.admin.owners import owner
from trading.models import Fill, Position, PositionSide

_SIDE = badge("side", {PositionSide.LONG: "success", PositionSide.SHORT: "danger"})
_SIZE = decimal_column("shown_size", description="size")
_ENTRY = decimal_column("entry_price")
_EXIT = decimal_column("exit_price")


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    actions = (export_csv,)
    list_display = (
        *("opened_at", "account", owner, "instrument", _SIDE, _SIZE, _ENTRY, _EXIT, "realized_pnl", "fee", "state"),
    )
    list_filter = (
        "is_open",
        ("side", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("instrument", AutocompleteSelectFilter),
        ("opened_at", DayRangeFilter),
        ("closed_at", DayRangeFilter),
    )
    list_select_related = ("account__owner", "instrument")
    search_fields = ("id", "account__name", "account__owner__username", "instrument__symbol")
    ordering = ("-opened_at", "id")
    fieldsets = (
        (None, {"fields": (("id", "state"), ("account", "instrument"), (_SIDE, "leverage"), "fills_link")}),
        ("Held", {"fields": (("size", _ENTRY), ("entry_cost", "stop_loss"), "take_profit")}),
        ("Closed of it", {"fields": (("closed_size", _EXIT), ("closed_entry_cost", "exit_cost"))}),
        ("Looked at", {"fields": (("falls_to", "rises_to"),)}),
        ("Result", {"fields": (("realized_pnl", "fee"), "funding", ("opened_at", "closed_at"))}),
    )

    @display(description="state", ordering="is_open")
    def state(self, position: Position) -> SafeString:
        return pill("open", "success") if position.is_open else pill("closed")

    @display(description="fills")
    def fills_link(self, position: Position) -> SafeString:
        return list_link(Fill, "Its fills", position__id__exact=position.pk)
