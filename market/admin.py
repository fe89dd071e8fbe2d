"""Instruments in the operators' console: looked up, edited, suspended, never deleted."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from core.admin import DeskAdmin
from market.kinds import Status
from market.models import Instrument

_IDENTITY = ("symbol", "venue", "kind", "base", "quote", "settle")


@admin.register(Instrument)
class InstrumentAdmin(DeskAdmin):
    list_display = ("symbol", "name", "venue", "kind", "state", "tick_size", "lot_size", "max_leverage", "source")
    list_filter = ("kind", "status", "venue", "settle", "source")
    search_fields = ("symbol", "name", "base")
    ordering = ("symbol",)
    fieldsets = (
        (None, {"fields": (*_IDENTITY, "name", "status")}),
        ("Steps and limits", {"fields": ("tick_size", "lot_size", "min_quantity", "min_notional", "allows_short")}),
        ("Margin", {"fields": ("max_leverage", "maintenance_margin_rate")}),
        ("Costs", {"fields": ("spread", "slippage", "size_unit", "commission_rate", "min_commission")}),
        ("Prices", {"fields": ("source", "reference_price", "stale_after_seconds", "created_at")}),
    )

    @display(description="Status", label={Status.TRADING.label: "success", Status.SUSPENDED.label: "warning"})
    def state(self, instrument: Instrument) -> str:
        return str(Status(instrument.status).label)

    readonly_fields = ("created_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = [name for name in _IDENTITY if obj is not None]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
