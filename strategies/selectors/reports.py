"""What the report of a kept backtest is made of: its row, its arrays, and the candles, where they are still there."""

from datetime import datetime

import numpy as np
from django.conf import settings

from market.candles.book import candle_book
from market.candles.series import CandleSeries
from market.intervals import Interval
from strategies.backtest.results import BacktestResult
from strategies.models import Backtest
from strategies.report.subject import Subject
from strategies.report.terms import terms_told
from strategies.run_settings import settings_of
from strategies.selectors.backtests import finished_result_of


def report_of(backtest: Backtest, *, now: datetime) -> Subject:
    """Return what is told of a finished backtest; a few statements. Raises NotFinished."""
    result = finished_result_of(backtest)
    market, terms = settings_of(backtest.settings)
    currency = backtest.instrument.settle
    return Subject(
        title=backtest.strategy.name if backtest.strategy else backtest.rule,
        rule=backtest.rule,
        parameters=backtest.parameters,
        symbol=backtest.instrument.symbol,
        currency=currency,
        interval=Interval(backtest.interval),
        source=f"{backtest.instrument.source}, as this desk had them",
        candles=_candles(backtest, result, now=now),
        result=result,
        metrics=backtest.results,
        terms=tuple(terms_told(market, terms, currency=currency)),
        seed=terms.seed,
        version=settings.VERSION,
        made_at=backtest.completed_at or now,
    )


def _candles(backtest: Backtest, result: BacktestResult, *, now: datetime) -> CandleSeries | None:
    """Return the candles of a run, None where they are not the same ones any more: some were added, or are gone."""
    interval = Interval(backtest.interval)
    first, last = (interval.number_at(int(result.opened_at[place]) // 1_000) for place in (0, -1))
    series = candle_book(backtest.instrument, interval, now=now).read(first=first, end=last + 1)
    return series if np.array_equal(series.opened_at, result.opened_at) else None
