"""Admin page of equity points: what accounts were worth."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from core.admin.exporting import export_csv
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin
from trading.models import EquityPoint


@admin.register(EquityPoint)
class EquityPointAdmin(ReadOnlyAdmin):
    actions = (export_csv,)
    list_display = ("at", "account", "equity", "balance", "net_deposits")
    list_filter = (("account", AutocompleteSelectFilter), ("at", DayRangeFilter))
    list_select_related = ("account",)
    search_fields = ("account__name", "account__id")
    ordering = ("-at", "-id")
    fieldsets = ((None, {"fields": (("at", "account"), ("equity", "balance", "net_deposits"))}),)
