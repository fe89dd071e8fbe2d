"""What a run refuses, and what it tells on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.errors import Invalid
from strategies.backtest.run import BadCandle, PartialCandle, run_backtest
from strategies.backtest.terms import Costs, Market, Sizing
from strategies.tests.backtest.running import MARKET, SETTINGS, START, candles, flat

SERIES = candles(flat(100), flat(101), flat(102))
ONES = np.ones(3)
LAST_CLOSE = datetime.fromtimestamp(START / 1_000, UTC) + timedelta(hours=3)


def go(series=SERIES, targets=ONES, settings=SETTINGS, **options):
    return run_backtest(series, targets, market=MARKET, settings=settings, **options)


def test_a_last_candle_that_is_over_is_taken():
    assert len(go(now=LAST_CLOSE).equity) == 3


def test_a_last_candle_that_is_not_over_is_refused():
    with pytest.raises(PartialCandle) as refused:
        go(now=LAST_CLOSE - timedelta(milliseconds=1))
    assert refused.value.code == "PARTIAL_CANDLE"


@pytest.mark.parametrize(
    ("bar", "why"),
    [
        ((100, 99, 98, 99), "the open lies above the high"),
        ((100, 101, 99, 98), "the close lies below the low"),
        ((0, 0, 0, 0), "no price is zero"),
        ((100, np.inf, 99, 100), "no price is infinite"),
        ((100, 101, 99, np.nan), "no price is NaN"),
    ],
)
def test_prices_that_make_no_candle_are_refused(bar, why):
    with pytest.raises(BadCandle, match="place 1 ") as refused:
        go(candles(flat(100), bar, flat(100)))
    assert refused.value.code == "BAD_CANDLE"


@pytest.mark.parametrize("first", [-1, 3])
def test_a_run_in_which_no_candle_counts_is_refused(first):
    with pytest.raises(Invalid) as refused:
        go(first=first)
    assert refused.value.code == "NO_CANDLES"


def test_targets_that_do_not_fit_are_refused():
    with pytest.raises(Invalid) as refused:
        go(targets=np.ones(2))
    assert refused.value.code == "INVALID_TARGETS"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("initial_balance", 0),
        ("initial_balance", float("nan")),
        ("leverage", 101),
        ("leverage", 0.5),
        ("stop_loss", 1),
        ("stop_loss", 0),
        ("take_profit", 0),
        ("sizing", Sizing("fixed", 0)),
        ("sizing", Sizing("martingale", 1)),
        ("seed", -1),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(name, value):
    with pytest.raises(Invalid) as refused:
        go(settings=replace(SETTINGS, **{name: value}))
    assert (refused.value.status, list(refused.value.errors)) == (422, [name])


def test_a_size_by_risk_needs_a_stop():
    with pytest.raises(Invalid) as refused:
        go(settings=replace(SETTINGS, sizing=Sizing("risk_to_stop", 0.01)))
    assert list(refused.value.errors) == ["stop_loss"]


@pytest.mark.parametrize("costs", [Costs(spread=-0.1), Costs(commission_rate=2), Costs(min_commission=-1)])
def test_costs_that_make_no_sense_are_refused(costs):
    with pytest.raises(Invalid):
        go(settings=replace(SETTINGS, costs=costs))


@pytest.mark.parametrize("market", [Market(tick_size=0), Market(lot_size=-1), Market(funding_rate=1)])
def test_a_market_that_makes_no_sense_is_refused(market):
    with pytest.raises(Invalid):
        run_backtest(SERIES, ONES, market=market, settings=SETTINGS)


def test_progress_is_told_to_the_end(monkeypatch):
    monkeypatch.setattr("strategies.backtest.run.CHUNK", 1)
    told = []
    go(on_progress=told.append)
    assert told == [2 / 3, 1]


def test_who_is_told_of_progress_may_stop_the_run():
    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(on_progress=stop)


def test_arrays_that_are_read_only_or_strided_run_as_well():
    strided = candles(*[bar for bar in (flat(100), flat(101), flat(102)) for _ in range(2)]).cut(slice(None, None, 2))
    targets = np.ones(3)
    targets.flags.writeable = False
    assert go(strided, targets).position.tolist() == go().position.tolist()
