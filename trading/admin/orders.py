"""Admin pages of orders and fills: the road writes them, people read them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin.exporting import export_csv
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, badge, decimal_column, flight_link, id_link
from trading.admin import scopes
from trading.admin.owners import owner
from trading.models import Fill, Order, OrderSide, OrderStatus, Position, ScopeType

_SIDE = badge("side", {OrderSide.BUY: "success", OrderSide.SELL: "danger"})
_STATUS = badge(
    "status",
    {
        OrderStatus.FILLED: "success",
        OrderStatus.PARTIALLY_FILLED: "info",
        OrderStatus.PENDING: "info",
        OrderStatus.SUBMITTING: "info",
        OrderStatus.REJECTED: "danger",
        OrderStatus.UNKNOWN: "warning",
    },
)
_AVERAGE = decimal_column("average_price")
_BY_ACCOUNT_AND_INSTRUMENT = (("account", AutocompleteSelectFilter), ("instrument", AutocompleteSelectFilter))


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    actions = (export_csv,)
    list_display = (
        *("created_at", "account", owner, "instrument", _SIDE, "order_type", "origin", "quantity", "filled_quantity"),
        *(_AVERAGE, _STATUS, "reject_code", "signal_link"),
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("side", ChoicesDropdownFilter),
        ("order_type", ChoicesDropdownFilter),
        ("origin", ChoicesDropdownFilter),
        *_BY_ACCOUNT_AND_INSTRUMENT,
        "reduce_only",
        ("created_at", DayRangeFilter),
    )
    list_select_related = ("account__owner", "instrument")
    search_fields = (
        "id",
        "client_order_id",
        "venue_order_id",
        "account__name",
        "account__owner__username",
        "reject_code",
    )
    ordering = ("-created_at", "id")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *(("id", _STATUS), ("account", "instrument"), (_SIDE, "order_type")),
                    *(("signal", "leg"), ("bot", "origin")),
                )
            },
        ),
        (
            "Asked",
            {
                "fields": (
                    *(("quantity", "price"), ("stop_price", "leverage")),
                    *(("time_in_force", "reduce_only"), "post_only"),
                )
            },
        ),
        ("At work", {"fields": (("margin", "falls_to"), "rises_to")}),
        ("Exits", {"fields": (("stop_loss", "take_profit"),)}),
        ("Done", {"fields": (("filled_quantity", _AVERAGE), ("filled_cost", "commission"))}),
        ("Refused", {"fields": (("reject_code", "reject_reason"),)}),
        ("Known to the broker as", {"fields": (("client_order_id", "venue_order_id"),)}),
        ("When", {"fields": (("created_at", "updated_at"), ("cancel_requested_at", "triggered_at"))}),
    )

    @display(description="signal")
    def signal_link(self, order: Order) -> SafeString | str:
        return "-" if order.signal_id is None else flight_link(order.signal_id, str(order.signal_id)[:8])

    @display(description="bot")
    def bot(self, order: Order) -> SafeString | str:
        return scopes.bot_of(order)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return scopes.with_names(super().get_queryset(request), [ScopeType.BOT])


@admin.register(Fill)
class FillAdmin(ReadOnlyAdmin):
    actions = (export_csv,)
    list_display = (
        *("created_at", "account", owner, "instrument", _SIDE, "quantity", "price", "notional", "commission"),
        *("realized_pnl", "order_link", "position_link"),
    )
    list_filter = (("side", ChoicesDropdownFilter), *_BY_ACCOUNT_AND_INSTRUMENT, ("created_at", DayRangeFilter))
    list_select_related = ("account__owner", "instrument")
    search_fields = ("id", "venue_fill_id", "order__id", "position__id", "account__name", "account__owner__username")
    ordering = ("-created_at", "id")
    fieldsets = (
        (None, {"fields": (("id", "venue_fill_id"), ("account", "instrument"), ("order", "position"))}),
        (
            "Done",
            {"fields": ((_SIDE, "created_at"), ("quantity", "price"), ("notional", "commission"), "realized_pnl")},
        ),
    )

    @display(description="order")
    def order_link(self, fill: Fill) -> SafeString:
        return id_link(Order, fill.order_id)

    @display(description="position")
    def position_link(self, fill: Fill) -> SafeString:
        return id_link(Position, fill.position_id)
