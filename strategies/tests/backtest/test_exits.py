"""What happens inside a candle: stops, targets, close-outs, fundings; worked by hand."""

import pytest

from market.intervals import Interval
from strategies.backtest.terms import Costs, Market, Sizing
from strategies.tests.backtest.running import MARKET, candles, flat, run

HOUR = 3_600_000
LONG, SHORT = [1, 1, 1, 1], [-1, -1, -1, -1]


def left(series, targets=LONG, **settings):
    """Run one trade; return why it was left, at what price, and after how many hours from the first candle's open."""
    trades = run(series, targets, **settings).trades
    hours = (trades.closed_at[0] - series.opened_at[0]) / HOUR
    return trades.reasons()[0], pytest.approx(trades.exit_price[0]), hours


def test_a_stop_is_filled_at_its_price_when_the_candle_trades_through_it():
    # in at 100, stop at 100 × 0.95; the third candle falls to 94, and is over 3 hours after the first opened
    series = candles(flat(100), (100, 101, 99, 100), (100, 100, 94, 96), flat(96))
    assert left(series, stop_loss=0.05) == ("stop_loss", 95, 3)


def test_a_stop_that_a_gap_jumped_over_is_filled_at_the_open():
    series = candles(flat(100), flat(100), (90, 92, 89, 91), flat(91))
    assert left(series, stop_loss=0.05) == ("stop_loss", 90, 3)


def test_a_short_is_stopped_above_its_entry():
    series = candles(flat(100), flat(100), (100, 106, 100, 103), flat(103))
    assert left(series, SHORT, stop_loss=0.05) == ("stop_loss", 105, 3)


def test_an_entry_can_be_stopped_in_its_own_candle():
    series = candles(flat(100), (100, 101, 90, 99), flat(99), flat(99))
    assert left(series, stop_loss=0.05) == ("stop_loss", 95, 2)


def test_a_target_is_filled_at_its_price_and_no_better_where_the_open_is_beyond_it():
    series = candles(flat(100), flat(100), (120, 121, 119, 120), flat(120))
    assert left(series, take_profit=0.1) == ("take_profit", 110, 3)


def test_a_target_of_a_short_lies_below():
    series = candles(flat(100), flat(100), (100, 100, 88, 90), flat(90))
    assert left(series, SHORT, take_profit=0.1) == ("take_profit", 90, 3)


def test_where_both_are_met_the_stop_came_first():
    series = candles(flat(100), flat(100), (100, 112, 94, 100), flat(100))
    assert left(series, stop_loss=0.05, take_profit=0.1) == ("stop_loss", 95, 3)


def test_where_both_are_met_and_the_open_is_beyond_the_target_the_target_came_first():
    series = candles(flat(100), flat(100), (111, 112, 94, 100), flat(100))
    assert left(series, stop_loss=0.05, take_profit=0.1) == ("take_profit", 110, 3)


def test_a_stop_is_met_by_the_bid_and_slips_from_its_price():
    # ask 100.5; stop 100.5 × 0.95 = 95.475, down to 95.47; bid at the low 95.9 × 0.995 = 95.4205 meets it
    # slipped 95.47 × 0.99 = 94.5153, down to 94.51
    series = candles(flat(100), flat(100), (100, 100, 95.9, 99), flat(99))
    assert left(series, stop_loss=0.05, costs=Costs(spread=0.01, slippage_base=0.01)) == ("stop_loss", 94.51, 3)


def test_a_mid_that_reaches_the_stop_of_nobody_leaves_it():
    # the bid at the low 96 × 0.995 = 95.52 lies above the stop, 95.47
    series = candles(flat(100), flat(100), (100, 100, 96, 99), flat(99))
    assert left(series, stop_loss=0.05, costs=Costs(spread=0.01))[0] == "open"


def test_what_a_stop_left_stays_flat_until_the_target_changes():
    series = candles(flat(100), (100, 100, 90, 100), flat(100), flat(100), flat(100))
    trades = run(series, [1, 1, 0.5, 0.5, 0.5], stop_loss=0.05, sizing=Sizing("fixed", 2)).trades
    assert trades.size.tolist() == [2, 1]
    assert trades.opened_at[1] == series.opened_at[3]


def test_an_exit_that_lies_on_no_price_is_no_order():
    # 0.02 × (1 − 0.9) = 0.002, down to the tick of 0.01: 0
    result = run(candles(flat(0.02), flat(0.02)), [1, 1], stop_loss=0.9)
    assert (len(result.trades), result.refusals["invalid_exit"]) == (0, 1)


def test_below_its_maintenance_margin_the_account_is_closed_out_at_the_worst_price():
    # 500 × 100 at leverage 10; at 85 equity is 10,000 − 7,500 = 2,500, maintenance 42,500 × 0.1 = 4,250
    market = Market(tick_size=0.01, lot_size=1, max_leverage=10, maintenance_margin_rate=0.1)
    series = candles(flat(100), flat(100), (100, 100, 85, 99), flat(99))
    settings = {"market": market, "sizing": Sizing("fixed", 500), "leverage": 10}
    assert left(series, **settings) == ("close_out", 85, 3)
    assert run(series, LONG, **settings).final_balance == 10_000 - 500 * 15


def test_a_close_out_is_paid_the_bid_and_slips():
    # bid at the low 85 × 0.99 = 84.15, slipped × 0.99 = 83.3085, down to 83.30
    market = Market(tick_size=0.01, lot_size=1, max_leverage=10, maintenance_margin_rate=0.1)
    series = candles(flat(100), flat(100), (100, 100, 85, 99), flat(99))
    costs = Costs(spread=0.02, slippage_base=0.01)
    settings = {"market": market, "sizing": Sizing("fixed", 450), "leverage": 10, "costs": costs}
    assert left(series, **settings) == ("close_out", 83.30, 3)


def test_a_stop_before_the_margin_is_gone_saves_the_rest():
    market = Market(tick_size=0.01, lot_size=1, max_leverage=10, maintenance_margin_rate=0.1)
    series = candles(flat(100), flat(100), (100, 100, 85, 99), flat(99))
    assert left(series, market=market, sizing=Sizing("fixed", 500), leverage=10, stop_loss=0.01)[0] == "stop_loss"


def test_a_short_is_closed_out_above():
    # 500 short; at 115 equity is 2,500, maintenance 57,500 × 0.1 = 5,750
    market = Market(tick_size=0.01, lot_size=1, max_leverage=10, maintenance_margin_rate=0.1)
    series = candles(flat(100), flat(100), (100, 115, 100, 101), flat(101))
    assert left(series, SHORT, market=market, sizing=Sizing("fixed", 500), leverage=10) == ("close_out", 115, 3)


def test_a_jump_may_leave_less_than_nothing_and_nothing_more_is_traded():
    market = Market(tick_size=0.01, lot_size=1, max_leverage=10, maintenance_margin_rate=0.1)
    series = candles(flat(100), flat(100), (70, 70, 70, 70), flat(70), flat(70))
    result = run(series, [1, 1, 0, 1, 1], market=market, sizing=Sizing("percent_equity", 0.5), leverage=10)
    # 10,000 × 0.5 × 10 ÷ 100 = 500, closed out at 70: 10,000 − 15,000
    assert (result.final_balance, result.refusals["below_minimum"]) == (-5_000, 1)


PERPETUAL = Market(tick_size=0.01, lot_size=1, funding_rate=0.001)


def test_funding_is_paid_on_what_was_held_through_00_08_and_16_at_the_mid_of_the_next_open():
    # held from 01:00 on; at 08:00 the long pays 2 × 110 × 0.001
    series = candles(*[flat(100)] * 8, flat(110), flat(110))
    assert run(series, [1] * 10, market=PERPETUAL, sizing=Sizing("fixed", 2)).totals["funding"] == pytest.approx(-0.22)


def test_a_short_receives_what_a_long_pays():
    result = run(candles(*[flat(100)] * 10), [-1] * 10, market=PERPETUAL)
    assert result.trades.funding[0] == result.totals["funding"] == pytest.approx(0.1)
    assert result.final_balance == pytest.approx(10_000.1)


def test_what_is_opened_at_08_pays_nothing_and_what_is_closed_then_does():
    series = candles(*[flat(100)] * 10)
    opened = run(series, [0] * 7 + [1] * 3, market=PERPETUAL)
    closed = run(series, [1] * 7 + [0] * 3, market=PERPETUAL)
    assert (opened.totals["funding"], closed.totals["funding"]) == (0, pytest.approx(-0.1))


def test_a_day_pays_three_times():
    series = candles(*[flat(100)] * 3, interval=Interval.D1)
    assert run(series, [1, 1, 1], market=PERPETUAL).totals["funding"] == pytest.approx(-0.3)


def test_without_a_rate_nothing_is_paid():
    assert run(candles(*[flat(100)] * 10), [1] * 10, market=MARKET).totals["funding"] == 0
