"""Candles in the operators' console: a row for each instrument and interval that has some, its gaps on its page."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from core.admin.pieces import ReadOnlyAdmin, moment
from market.candles.coverage import stored_runs
from market.candles.runs import Run, counted, gaps
from market.intervals import Interval
from market.models import CandleBlock
from market.models.candles import SLOTS

_GAPS_SHOWN = 100


@admin.register(CandleBlock)
class CandleCoverageAdmin(ReadOnlyAdmin):
    """Stands for all blocks of an instrument and interval by their newest one."""

    list_display = ("instrument", "interval", "from_time", "to_time", "candles", "updated_at")
    list_filter = ("interval",)
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol",)
    ordering = ("instrument__symbol", "interval")
    fields = ("instrument", "interval", "from_time", "to_time", "candles", "lacking", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CandleBlock]:
        same = CandleBlock.objects.filter(instrument=OuterRef("instrument"), interval=OuterRef("interval"))
        total = same.order_by().values("instrument").annotate(total=Sum("count")).values("total")
        oldest = same.order_by("number").annotate(first=F("number") * SLOTS + F("first_slot")).values("first")[:1]
        newer = same.filter(number__gt=OuterRef("number"))
        rows = super().get_queryset(request).filter(~Exists(newer)).defer("data")
        return rows.annotate(total=Subquery(total), first=Subquery(oldest))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "title": "Candles that are stored"})

    @display(description="From")
    def from_time(self, block: Any) -> SafeString | str:
        return moment(_opening(block, block.first))

    @display(description="To")
    def to_time(self, block: Any) -> SafeString | str:
        return moment(_opening(block, _end(block)))

    @display(description="Candles")
    def candles(self, block: Any) -> str:
        return f"{block.total:,}"

    @display(description="Gaps")
    def lacking(self, block: Any) -> SafeString | str:
        interval = Interval(block.interval)
        runs = stored_runs(block.instrument_id, [interval])[interval]
        holes = gaps(runs, first=block.first, end=_end(block))
        if not holes:
            return "none"
        shown = format_html_join("", "<li>{} – {}: {}</li>", (_told(block, hole) for hole in holes[:_GAPS_SHOWN]))
        return format_html("{} gaps, {} candles<ul>{}</ul>", f"{len(holes):,}", f"{counted(holes):,}", shown)


def _end(block: Any) -> int:
    """Return the number after that of the last candle: a block ends with one."""
    return int(block.number * SLOTS + block.first_slot + block.slots)


def _told(block: Any, hole: Run) -> tuple[SafeString | str, SafeString | str, str]:
    return moment(_opening(block, hole.first)), moment(_opening(block, hole.end)), f"{hole.end - hole.first:,}"


def _opening(block: Any, number: int) -> datetime:
    return datetime.fromtimestamp(Interval(block.interval).opens_at(number), UTC)
