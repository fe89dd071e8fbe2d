"""The newest quotes in the operators' console, and how the sources are that they come from."""

from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from core.admin.pieces import ReadOnlyAdmin, pill
from core.breaker import BreakerState
from market.models import LatestQuote
from market.selectors.price_sources import price_source_states

_COLOURS = {BreakerState.CLOSED: "success", BreakerState.HALF_OPEN: "warning", BreakerState.OPEN: "danger"}


@admin.register(LatestQuote)
class LatestQuoteAdmin(ReadOnlyAdmin):
    list_display = ("instrument", "source", "bid", "ask", "last", "at")
    list_filter = ("source",)
    list_before_template = "admin/market/sources.html"
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol",)
    ordering = ("instrument__symbol",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sources = [
            {**asdict(state), "breaker": _breaker(state.breaker)} for state in price_source_states(now=timezone.now())
        ]
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "sources": sources})
        return answer


def _breaker(state: BreakerState | None) -> SafeString | str:
    return "unknown here" if state is None else pill(state.value.replace("_", " "), _COLOURS[state])
