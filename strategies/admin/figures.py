"""What came out of a backtest, and how it traded, on its page of the console."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from strategies.report.figures import FIGURES, figures_of, printed
from strategies.report.formats import NOT_DEFINED
from strategies.report.terms import terms_told
from strategies.run_settings import settings_of

_TOTAL_RETURN = next(figure for figure in FIGURES if figure.key == "total_return")


def gained(results: dict[str, Any]) -> SafeString | str:
    """Return the total return as it is printed; a dash without results."""
    if not results:
        return NOT_DEFINED
    return format_html('<span class="whitespace-nowrap">{}</span>', printed(_TOTAL_RETURN, results["total_return"]))


def report_link(backtest: Any) -> SafeString | str:
    """Return where the report is; a dash without results."""
    return _link("backtest-report", backtest, "report") if backtest.results else NOT_DEFINED


def report_links(backtest: Any) -> SafeString | str:
    """Return where the report is, as a page and as a file; a dash without results."""
    if not backtest.results:
        return NOT_DEFINED
    page, file = _link("backtest-report", backtest, "charts, months, trades"), "backtest-report-file"
    return format_html("{} · {}", page, _link(file, backtest, "as one file"))


def figures_told(results: dict[str, Any]) -> SafeString | str:
    """Return the figures, a line each; what each is stands in its tooltip."""
    if not results:
        return NOT_DEFINED
    return lines((figure.definition, figure.name, value) for figure, value in figures_of(results))


def terms_of(backtest: Any) -> SafeString:
    """Return how the run traded and what it was charged, a line each."""
    market, terms = settings_of(backtest.settings)
    told = [*terms_told(market, terms, currency=backtest.instrument.settle), ("seed", terms.seed)]
    return lines(("", name, value) for name, value in told)


def _link(route: str, backtest: Any, text: str) -> SafeString:
    return format_html('<a href="{}" class="text-link">{}</a>', reverse(route, args=[backtest.pk]), text)


def lines(told: Iterable[tuple[str, str, Any]]) -> SafeString:
    """Return a definition, a name and a fact a line; the definition is its tooltip."""
    line = (
        '<span class="desk-line" title="{}"><span class="desk-name">{}</span><span class="desk-fact">{}</span></span>'
    )
    return format_html_join("", line, told)
