"""Backtests and sweeps in the operators' console: how far they are, what came out, and a way to cancel them."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin.acting import log_all
from core.admin.confirming import Announcement, asks_first, counted, lines_of
from core.admin.pieces import DayRangeFilter, ReadOnlyAdmin, Shown, badge
from strategies.admin import figures, sweeps
from strategies.admin.rules import RuleFilter, rule_title
from strategies.models import RUNS_UNDER_WAY, Backtest, RunStatus, Sweep
from strategies.services.backtests import cancel_backtests
from strategies.services.sweeps import cancel_sweeps

_STATUS = badge(
    "status",
    {
        RunStatus.COMPLETED: "success",
        RunStatus.RUNNING: "info",
        RunStatus.FAILED: "danger",
        RunStatus.CANCELLED: "warning",
    },
)
_ASKED = (None, {"fields": ((rule_title, "strategy"), ("instrument", "interval"), ("start", "end"), "owner")})
_WHEN = ("When", {"fields": ("created_at", "started_at", "completed_at")})


class StatusFilter(admin.SimpleListFilter):
    """Where a run is: its own word once it is over, else its job's."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return RunStatus.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() in RunStatus.values else queryset


def _cancelling(runs: QuerySet[Any]) -> Announcement:
    going = runs.filter(status__in=RUNS_UNDER_WAY)
    count = going.count()
    sentence = f"Cancel {counted(count, 'run')}: what was computed so far is lost. One that is over stays as it is."
    return Announcement(sentence, lines_of(going, _how_far, count=count), is_possible=count > 0)


def _how_far(runs: list[Any]) -> list[str]:
    return [f"{run}: {run.status}, {run.progress_percent:.0f} %" for run in runs]


class RunAdmin(ReadOnlyAdmin):
    """What backtests and sweeps have in common."""

    list_display: tuple[Shown, ...] = (
        *("created_at", rule_title, "instrument", "interval", "owner"),
        *("state", "progress", "failure"),
    )
    list_filter = (
        StatusFilter,
        RuleFilter,
        ("interval", ChoicesDropdownFilter),
        ("owner", AutocompleteSelectFilter),
        ("created_at", DayRangeFilter),
    )
    list_select_related = ("instrument", "owner", "strategy")
    search_fields = ("rule", "instrument__symbol", "owner__username", "strategy__name", "id__iexact")
    ordering = ("-created_at", "id")
    actions = ("cancel",)
    cancel_these: Callable[..., int]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).told().living()

    @display(description="status")
    def state(self, run: Any) -> Any:
        return _STATUS(run)

    @display(description="progress")
    def progress(self, run: Any) -> str:
        return f"{run.progress_percent:.0f} %"

    @display(description="failure")
    def failure(self, run: Any) -> str:
        return run.error[:120] or "-"

    @display(description="parameters")
    def space(self, run: Any) -> SafeString:
        return figures.lines(sweeps.space_told(run.parameters))

    @display(description="settings")
    def trading(self, run: Any) -> SafeString:
        return figures.terms_of(run)

    @admin.action(description="Cancel", permissions=["cancel"])
    @asks_first(_cancelling, button="Cancel", is_dangerous=True)
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Cancel those that are not over; one that ends at this moment keeps its results."""
        chosen, now = list(queryset), timezone.now()
        cancelled = type(self).cancel_these(chosen, now=now)
        ended = self.model._default_manager.filter(pk__in=[run.pk for run in chosen], completed_at=now)
        log_all(request, ended.select_related("instrument"), "Cancelled.")
        self.message_user(request, f"{cancelled} cancelled.")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"strategies.delete_{self.opts.model_name}"))


@admin.register(Backtest)
class BacktestAdmin(RunAdmin):
    cancel_these = staticmethod(cancel_backtests)
    list_display = (*RunAdmin.list_display, "gained", "report")
    fieldsets = (
        _ASKED,
        (None, {"fields": (("state", "progress"), "failure", "report_links", "figures")}),
        ("How it trades", {"fields": ("space", "trading")}),
        _WHEN,
    )

    @display(description="gained")
    def gained(self, backtest: Backtest) -> SafeString | str:
        return figures.gained(backtest.results)

    @display(description="report")
    def report(self, backtest: Backtest) -> SafeString | str:
        return figures.report_link(backtest)

    @display(description="report")
    def report_links(self, backtest: Backtest) -> SafeString | str:
        return figures.report_links(backtest)

    @display(description="figures")
    def figures(self, backtest: Backtest) -> SafeString | str:
        return figures.figures_told(backtest.results)


@admin.register(Sweep)
class SweepAdmin(RunAdmin):
    cancel_these = staticmethod(cancel_sweeps)
    list_display = (*RunAdmin.list_display, "runs")
    change_form_outer_after_template = "admin/strategies/sweep.html"
    fieldsets = (
        _ASKED,
        (None, {"fields": (("state", "progress"), "failure")}),
        ("What it tries", {"fields": ("space", "plan")}),
        ("How it trades", {"fields": ("trading",)}),
        _WHEN,
    )

    @display(description="plan")
    def plan(self, sweep: Sweep) -> SafeString:
        return figures.lines(sweeps.plan_told(sweep))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Sweep, **kwargs: Any
    ) -> HttpResponse:
        context = {**context, "found": sweeps.found(obj)}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)
