"""What a backtest amounts to: by hand, and against empyrical on three sets of data."""

from dataclasses import replace

import numpy as np
import pytest

from market.intervals import Interval
from strategies.backtest.metrics import DAY, daily_equity, drawdown_times, summarise
from strategies.backtest.terms import Costs, Sizing
from strategies.tests.backtest.running import MARKET, START, candles, flat, run

HOUR = 3_600_000


def test_daily_equity_is_read_at_each_midnight_and_at_the_end():
    # 6 hours each from Monday 00:00: midnights after the 4th and the 8th, the 9th ends at 06:00
    series = candles(flat(100), *(flat(100 + number) for number in range(8)), interval=Interval.H6)
    times, values, whole = daily_equity(run(series, [1] * 9))
    assert [(time - START) / HOUR for time in times] == [0, 24, 48, 54]
    assert (values, whole) == ([10_000, 10_002, 10_006, 10_007], 3)


def test_a_midnight_without_a_candle_stands_for_the_last_close():
    series = candles(*[flat(100)] * 3, interval=Interval.D1)
    series.opened_at[2] += 2 * DAY
    assert [(time - START) // DAY for time in daily_equity(run(series, [1] * 3))[0]] == [0, 1, 2, 3, 4, 5]


def test_with_sessions_days_without_a_candle_are_no_returns():
    series = candles(*[flat(100)] * 3, interval=Interval.D1)
    series.opened_at[2] += 2 * DAY
    result = run(series, [1] * 3, market=replace(MARKET, periods=252))
    assert [(time - START) // DAY for time in daily_equity(result)[0]] == [0, 1, 2, 5]


def test_what_comes_before_the_first_candle_that_counts_is_not_measured():
    # of the three candles that count the last two end with a position
    told = summarise(run(candles(*[flat(100)] * 5, interval=Interval.D1), [1] * 5, first=2))
    assert (told["days"], told["exposure"]) == (3, pytest.approx(2 / 3))


def test_a_day_that_is_not_over_is_no_return_and_counts_in_the_end():
    bars = [flat(price) for price in (100, 100, 101, 103, 102, 105, 107, 104, 106)]
    days, more = (summarise(run(candles(*bars[:count], interval=Interval.H12), [1] * count)) for count in (8, 9))
    assert days["sharpe_ratio"] == more["sharpe_ratio"]
    assert days["volatility"] == more["volatility"] > 0
    assert (days["days"], more["days"]) == (4, 4.5)
    assert more["final_equity"] == 10_006


FALLING = [100, 120, 90, 110, 125, 115, 118]


def test_the_deepest_fall_has_its_times():
    times = [day * DAY for day in range(7)]
    assert drawdown_times(times, FALLING) == {
        "peak_at": DAY,
        "trough_at": 2 * DAY,
        "recovered_at": 4 * DAY,
        "longest_under_water": 3 * DAY,
    }


def test_a_fall_that_is_not_made_good_has_no_recovery():
    told = drawdown_times([day * DAY for day in range(4)], FALLING[:4])
    assert (told["recovered_at"], told["longest_under_water"]) == (None, 2 * DAY)


def test_what_never_falls_is_never_under_water():
    told = drawdown_times([0, DAY, 2 * DAY], [100, 100, 101])
    assert told == dict.fromkeys(("peak_at", "trough_at", "recovered_at"), None) | {"longest_under_water": 0}


def test_figures_of_trades_by_hand():
    # long 100 ► 110, fee 0.1 + 0.11; short 110 ► 120, fee 0.11 + 0.12; flat for the last two of eight candles
    series = candles(*[flat(100)] * 3, *[flat(110)] * 2, *[flat(120)] * 3)
    told = summarise(run(series, [1, 1, -1, -1, 0, 0, 0, 0], costs=Costs(commission_rate=0.001)))
    assert (told["total_trades"], told["winning_trades"], told["losing_trades"], told["win_rate"]) == (2, 1, 1, 0.5)
    assert told["profit_factor"] == pytest.approx(9.79 / 10.23)
    assert told["expectancy"] == pytest.approx((9.79 - 10.23) / 2)
    assert (told["fees"], told["exposure"]) == (pytest.approx(0.44), 0.5)
    assert told["average_trade_milliseconds"] == 2 * HOUR


def test_turnover_is_what_was_traded_by_what_there_was():
    # 100 bought of 10,000 all the time
    assert summarise(run(candles(*[flat(100)] * 3), [1] * 3))["turnover"] == 0.01


def test_what_has_no_value_is_none():
    told = summarise(run(candles(*[flat(100)] * 3), [0] * 3))
    without = {name for name, value in told.items() if value is None}
    ratios = {"cagr", "volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio"}
    of_trades = {"win_rate", "profit_factor", "expectancy", "average_trade_milliseconds"}
    assert without == ratios | of_trades | {"peak_at", "trough_at", "recovered_at"}


def test_every_figure_is_a_number_or_none():
    told = summarise(run(candles(*[flat(100)] * 60), [1, 0] * 30, costs=Costs(commission_rate=0.001)))
    assert {type(value) for value in told.values()} <= {int, float, type(None)}


def years(seed: int, volatility: float, interval: Interval, count: int):
    """Return a long and short run on a market of this volatility a candle."""
    random = np.random.default_rng(seed)
    closes = 1_000 * np.exp(random.normal(0.0001, volatility, count).cumsum())
    opens = np.r_[1_000, closes[:-1]]
    bars = zip(opens, np.maximum(opens, closes), np.minimum(opens, closes), closes, strict=True)
    targets = np.sign(random.normal(0, 1, count // 20)).repeat(20)
    settings = {"costs": Costs(commission_rate=0.0005), "sizing": Sizing("percent_equity", 0.5)}
    return run(candles(*bars, interval=interval), targets, leverage=2, **settings)


@pytest.mark.parametrize(
    ("result", "periods"),
    [
        (years(1, 0.02, Interval.D1, 1_000), 365),
        (years(2, 0.004, Interval.H1, 6_000), 365),
        (replace(years(3, 0.01, Interval.D1, 2_000), periods=252), 252),
    ],
    ids=["days", "hours", "sessions"],
)
def test_ratios_are_those_of_empyrical(result, periods):
    empyrical = pytest.importorskip("empyrical", exc_type=ImportError)
    times, values, _ = daily_equity(result)
    returns, told = np.diff(values) / values[:-1], summarise(result)
    days = (times[-1] - times[0]) / DAY
    theirs = {
        "total_return": empyrical.cum_returns_final(returns),
        "cagr": empyrical.cagr(returns, annualization=365 * len(returns) / days),
        "volatility": empyrical.annual_volatility(returns, annualization=periods),
        "sharpe_ratio": empyrical.sharpe_ratio(returns, annualization=periods),
        "sortino_ratio": empyrical.sortino_ratio(returns, annualization=periods),
        "max_drawdown": empyrical.max_drawdown(returns),
    }
    assert {name: told[name] for name in theirs} == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    assert told["calmar_ratio"] == pytest.approx(theirs["cagr"] / -theirs["max_drawdown"], rel=1e-9)
