"""The pages of backtests: all of them with a form for another, the report of one, and that as a file to keep."""

from typing import Any
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views import View

from accounts.models import User
from market.intervals import Interval
from strategies.catalogue import find_rule, rule_names
from strategies.models import Backtest
from strategies.report import assets
from strategies.report.page import report_file, report_page
from strategies.run_settings import MODES, SLIPPAGE_MODELS
from strategies.selectors.backtests import BacktestMissing, NotFinished, readable_backtest
from strategies.selectors.reports import report_of

TO_READ = "strategies.view_backtest"


class BacktestsPage(LoginRequiredMixin, View):
    """What one has run, and a form whose parameters are those of the chosen rule. All of it goes over the API."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(TO_READ):
            raise Http404
        rules = [find_rule(name) for name in rule_names()]
        catalogue = {rule.name: {"title": rule.title, "schema": rule.schema} for rule in rules}
        context = {
            "intervals": Interval,
            "rules": rules,
            "catalogue": catalogue,
            "modes": MODES,
            "slippage_models": SLIPPAGE_MODELS,
            "may_run": request.user.has_perm("strategies.add_backtest"),
            "may_end": request.user.has_perm("strategies.delete_backtest"),
        }
        return render(request, "strategies/backtests.html", context)


class ReportPage(LoginRequiredMixin, View):
    """For who may read the backtest; to anybody else it is not there."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, backtest_id: UUID) -> HttpResponse:
        backtest = _backtest(request.user, backtest_id)
        try:
            subject = report_of(backtest, now=timezone.now())
        except NotFinished as refusal:
            context = {"backtest": backtest, "reason": refusal.message}
            return render(request, "strategies/unfinished.html", context, status=refusal.status)
        return self.answer(backtest, subject)

    def answer(self, backtest: Backtest, subject: Any) -> HttpResponse:
        addresses = {
            "plotly": static(assets.PLOTLY),
            "script": static(assets.SCRIPT),
            "style": static(assets.STYLE),
            "icon": static("core/favicon.svg"),
        }
        download = reverse("backtest-report-file", args=[backtest.pk])
        return HttpResponse(report_page(subject, addresses=addresses, download=download))


class ReportFile(ReportPage):
    """The same as one file, which its own policy keeps from the network."""

    def answer(self, backtest: Backtest, subject: Any) -> HttpResponse:
        name = f'attachment; filename="backtest-{backtest.pk}.html"'
        return HttpResponse(report_file(subject), headers={"Content-Disposition": name})


def _backtest(user: Any, backtest_id: UUID) -> Backtest:
    """Return a backtest that `user` may read. Raises Http404."""
    if not isinstance(user, User) or not user.has_perm(TO_READ):
        raise Http404
    try:
        return readable_backtest(user, backtest_id)
    except BacktestMissing as missing:
        raise Http404 from missing
