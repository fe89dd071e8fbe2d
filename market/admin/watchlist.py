"""The platform's watchlist in the operators' console."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import User
from core.admin.pieces import DeskAdmin
from market.models import WatchlistEntry


@admin.register(WatchlistEntry)
class WatchlistEntryAdmin(DeskAdmin):
    list_display = ("instrument", "added_by", "created_at")
    list_select_related = ("instrument", "added_by")
    autocomplete_fields = ("instrument",)
    readonly_fields = ("added_by", "created_at")
    search_fields = ("instrument__symbol", "added_by__username")
    ordering = ("-created_at", "id")

    def save_model(self, request: HttpRequest, obj: WatchlistEntry, form: Any, change: bool) -> None:
        if not change:
            obj.added_by = cast(User, request.user)
        super().save_model(request, obj, form, change)
