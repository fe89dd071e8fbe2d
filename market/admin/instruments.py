"""Instruments in the operators' console: looked up, edited, suspended, never deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.history import HistoryAdmin
from core.admin.pieces import DeskAdmin, badge
from market.kinds import Status
from market.models import Instrument
from market.sources import CATALOGUE, NETWORK

_STATUS = badge("status", {Status.TRADING: "success", Status.SUSPENDED: "warning"})
_IDENTITY = ("symbol", "venue", "kind", "base", "quote", "settle")


class InstrumentForm(forms.ModelForm):
    """An instrument whose source can have a market of it."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        source = NETWORK.get(self.cleaned_data.get("source", ""))
        names = {
            name: self.cleaned_data.get(name) or getattr(self.instance, name) for name in ("kind", "base", "quote")
        }
        if source is not None and not source.covers(**names):
            self.add_error("source", "This source has no markets of this kind.")
        if self.cleaned_data.get("source") == "synthetic" and not self.cleaned_data.get("reference_price"):
            self.add_error("reference_price", "The synthetic market moves around a price: name it.")
        return self.cleaned_data


@admin.register(Instrument)
class InstrumentAdmin(HistoryAdmin, DeskAdmin):
    form = InstrumentForm
    list_display = ("symbol", "name", "venue", "kind", _STATUS, "tick_size", "lot_size", "max_leverage", "source")
    list_filter = ("kind", "status", "venue", "settle", "source")
    search_fields = ("symbol", "name", "base")
    ordering = ("symbol",)
    fieldsets = (
        (None, {"fields": (*_IDENTITY, "name", "status")}),
        ("Steps and limits", {"fields": ("tick_size", "lot_size", "min_quantity", "min_notional", "allows_short")}),
        ("Margin", {"fields": ("max_leverage", "maintenance_margin_rate", "funding_rate")}),
        ("Costs", {"fields": ("spread", "slippage", "size_unit", "liquidity", "commission_rate", "min_commission")}),
        ("Prices", {"fields": ("source", "reference_price", "stale_after_seconds", "created_at")}),
        ("The exchange's own list", {"fields": ("contract_size", "expires_at", "listed_at", "is_withheld")}),
    )

    readonly_fields = ("created_at", "listed_at", "is_withheld")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = [name for name in _IDENTITY if obj is not None]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "source":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        choices = [(name, name) for name in CATALOGUE]
        return forms.ChoiceField(
            choices=choices,
            initial=db_field.get_default(),
            help_text=db_field.help_text,
            widget=UnfoldAdminSelectWidget(choices=choices),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
