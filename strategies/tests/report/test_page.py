"""The page of a report: what stands on it, that it is one file, and that nobody's words become markup."""

import re

import pytest

from strategies.backtest.metrics import summarise
from strategies.report.assets import PLOTLY, PlotlyFinder, assets
from strategies.report.figures import FIGURES, HEADLINE
from strategies.report.page import report_file, report_page
from strategies.report.subject import coverage_of
from strategies.tests.backtest.running import candles, flat
from strategies.tests.report.making import result, subject

ADDRESSES = {"plotly": "/p.js", "script": "/s.js", "style": "/s.css", "icon": "/i.svg"}


def page(**changes):
    return report_page(subject(**changes), addresses=ADDRESSES, download="/file")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    "said",
    [
        "BTCUSDT · 1h · 2026-03-02 01:00 to 2026-03-02 06:00 UTC",
        "Total return 0.10 %",
        "Trades 1 Positions that were opened and closed.",
        "rule sma_cross fast 2 short yes",
        "commission 0 %",
        "seed 7",
        "not placed: below minimum 0",
        "candles 5 of 1h warm-up before 1 lacking none source candles.csv",
        "2026-03-02 02:00 2026-03-02 04:00 long 1 100 110 0.00 0.00 10.00 decision",
        "2026-03-02 05:00 open short 1 110 – 0.00 0.00 0.00 open",
        "Run at 2026-03-03 00:00 UTC, told by version 1.2.3.",
    ],
)
def test_what_went_in_and_came_out_stands_on_the_page(said):
    assert said in words(page())


def test_what_people_named_is_text():
    html = page(
        title="<script>alert(1)</script>", parameters={"<i>": "<b>"}, source="</script><img src=x onerror=alert(1)>"
    )
    assert "<script>alert" not in html
    assert "<i>" not in html
    assert "<img" not in html


def test_a_symbol_does_not_end_the_element_of_the_data():
    html = page(symbol="</script><script>alert(1)</script>")
    assert "</script><script>alert" not in html


def test_the_page_of_the_desk_has_no_inline_script_and_no_inline_style():
    html = page()
    assert (
        re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style|\sstyle=|\son[a-z]+=", html)
        == []
    )
    assert [address for address in ADDRESSES.values() if address not in html] == []


def test_the_file_asks_nobody_for_anything():
    html = report_file(subject())
    assert re.findall(r"<(?:script|link|img)[^>]*\b(?:src|href)=\"(?!data:)[^\"]+", html) == []
    assert "default-src 'none'" in html
    assert assets().plotly in html


def test_the_script_is_the_packages_own():
    assert PlotlyFinder().find(PLOTLY).endswith("plotly/package_data/plotly.min.js")
    assert PlotlyFinder().find("strategies/other.js") == []


def test_holes_between_candles_are_told():
    series = candles(flat(1), flat(1), flat(1), flat(1))
    told = coverage_of(series.opened_at[[0, 1, 3]], series.interval, warm_up=0)
    assert (told.candles, told.lacking, len(told.holes)) == (3, 1, 1)


def test_a_run_without_its_candles_says_so():
    html = page(candles=None)
    assert "not stored any more" in html
    assert "price-chart" not in html


def test_every_figure_but_what_the_orders_tell_is_defined():
    named = {figure.key for figure in FIGURES}
    assert set(summarise(result())) - named == {"days", "winning_trades", "losing_trades"}
    assert set(HEADLINE) <= named
