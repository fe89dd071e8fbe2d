"""A report's subject by hand: two trades on five hours, the first of which only warms up."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from market.intervals import Interval
from strategies.backtest.metrics import summarise
from strategies.backtest.results import BacktestResult
from strategies.report.subject import Subject
from strategies.report.terms import terms_told
from strategies.tests.backtest.running import MARKET, SETTINGS, candles, flat, run

SERIES = candles(flat(100), flat(100), flat(100), (100, 112, 99, 110), flat(110), flat(110))
TARGETS = (0, 1, 1, 0, -1, -1)


def result() -> BacktestResult:
    """Return one unit bought at 100 and sold at 110, and one sold at 110 that is open."""
    return run(SERIES, TARGETS, first=1)


def subject(**changes: Any) -> Subject:
    """Return the subject, with some of it changed."""
    told = result()
    whole = Subject(
        title="Mean <b>cross</b>",
        rule="sma_cross",
        parameters={"fast": 2, "short": True},
        symbol="BTCUSDT",
        currency="USDT",
        interval=Interval.H1,
        source="candles.csv",
        candles=SERIES,
        result=told,
        metrics=summarise(told),
        terms=tuple(terms_told(MARKET, SETTINGS, currency="USDT")),
        seed=7,
        version="1.2.3",
        made_at=datetime(2026, 3, 3, tzinfo=UTC),
    )
    return replace(whole, **changes)
