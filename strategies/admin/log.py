"""The log in the operators' console."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin
from strategies.models import LogEntry


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What programs did and thought, the newest first."""

    list_display = ("created_at", "symbol", "owner", "action")
    list_filter = (("owner", AutocompleteSelectFilter), ("created_at", DayRangeFilter))
    list_select_related = ("owner",)
    search_fields = ("symbol", "owner__username")
    ordering = ("-created_at", "id")
