"""Coins in the operators' console: looked up with what they cost before, brought up to date, never edited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, list_link
from core.errors import AppError
from market.listings.base import MOST_COINS
from market.models import Coin, CoinSnapshot
from market.services.listings import sync_listings

_DEFAULT_SYNCED = 200


class SyncForm(BaseDialogForm):
    """How many coins to ask for."""

    limit = forms.IntegerField(
        min_value=1, max_value=MOST_COINS, initial=_DEFAULT_SYNCED, widget=UnfoldAdminIntegerFieldWidget
    )


@admin.register(Coin)
class CoinAdmin(ReadOnlyAdmin):
    list_display = ("symbol", "name", "rank", "price", "market_cap", "volume_24h", "change_24h_percent", "synced_at")
    list_filter = ("provider", ("synced_at", DayRangeFilter))
    search_fields = ("symbol", "name", "slug")
    ordering = ("rank", "symbol")
    actions_list = ("sync_now",)
    fieldsets = (
        (None, {"fields": ("symbol", "name", "slug", "rank", "history_link", "website_link", "description")}),
        ("Figures", {"fields": ("price", "market_cap", "fully_diluted_market_cap", "volume_24h")}),
        ("A day", {"fields": ("high_24h", "low_24h", "change_1h_percent", "change_24h_percent", "change_7d_percent")}),
        ("Ever", {"fields": ("ath", "ath_at", "atl", "atl_at")}),
        ("Supply", {"fields": ("circulating_supply", "total_supply", "max_supply")}),
        ("Whence", {"fields": ("provider", "coingecko_id", "coinmarketcap_id", "image_url")}),
        ("When", {"fields": ("provider_updated_at", "synced_at", "details_at", "created_at")}),
    )
    readonly_fields = ("history_link", "website_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coin]:
        return super().get_queryset(request).defer("description")

    @display(description="History")
    def history_link(self, coin: Coin) -> SafeString:
        return list_link(CoinSnapshot, "what it cost before", coin__id__exact=coin.pk)

    @display(description="Website")
    def website_link(self, coin: Coin) -> SafeString | str:
        if not coin.website:
            return "-"
        return format_html('<a href="{0}" class="text-link" rel="noopener noreferrer">{0}</a>', coin.website)

    def has_sync_permission(self, request: HttpRequest, *_: object) -> bool:
        return bool(request.user.has_perm("market.sync_coin"))

    @action(
        description="Sync now",
        permissions=["sync"],
        dialog={
            "title": "Ask the listing services now",
            "description": "In the order of LISTINGS_PROVIDERS, until one answers.",
            "form_class": SyncForm,
            "form_submit_text": "Sync",
        },
    )
    def sync_now(self, request: HttpRequest, form: SyncForm) -> HttpResponse:
        try:
            report = sync_listings(form.cleaned_data["limit"], clock=timezone.now)
        except AppError as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        else:
            told = f"{report.provider}: {report.written} coins written, {report.skipped} rows skipped."
            self.message_user(request, told, messages.SUCCESS)
        return _back_to_list(request)


@admin.register(CoinSnapshot)
class CoinSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("at", "coin", "price", "market_cap", "volume_24h", "provider")
    list_filter = ("provider", ("coin", AutocompleteSelectFilter), ("at", DayRangeFilter))
    list_select_related = ("coin",)
    search_fields = ("coin__symbol__iexact", "coin__slug__iexact")
    ordering = ("-at", "-id")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "coin__id__exact" or super().lookup_allowed(lookup, value, request)


def _back_to_list(request: HttpRequest) -> HttpResponse:
    """A dialog sends its form by htmx, which would show the list inside the dialog."""
    address = reverse("admin:market_coin_changelist")
    is_dialog = "HX-Request" in request.headers
    return HttpResponse(headers={"HX-Redirect": address}) if is_dialog else HttpResponseRedirect(address)
