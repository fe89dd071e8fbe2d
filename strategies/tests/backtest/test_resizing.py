"""Targets between none and all: the position is moved by the difference; worked by hand."""

import pytest

from strategies.backtest.terms import Costs, Market, Sizing
from strategies.tests.backtest.running import candles, flat, run

RISING = candles(flat(100), flat(100), flat(110), flat(120), flat(120))


def test_a_larger_share_adds_the_difference_and_moves_the_average():
    result = run(RISING, [0.5, 1, 1, 0, 0], sizing=Sizing("fixed", 4))
    # 2 at 100, 2 more at 110: 105 on average; all out at 120
    trades = result.trades
    assert (trades.size[0], trades.entry_price[0], trades.pnl[0]) == (4, 105, 60)
    assert result.position.tolist() == [0, 2, 4, 4, 0]


def test_a_smaller_share_closes_the_difference_pro_rata():
    result = run(RISING, [1, 0.25, 0.25, 0.25, 0], sizing=Sizing("fixed", 4))
    # 4 at 100, 3 of them out at 110; 1 is held to the end and marked at 120
    assert result.position.tolist() == [0, 4, 1, 1, 1]
    assert (result.trades.pnl[0], result.equity[-1]) == (30, 10_000 + 30 + 20)


def test_a_share_of_equity_is_of_the_equity_of_that_time():
    result = run(RISING, [0.5, 1, 1, 1, 1], sizing=Sizing("percent_equity", 0.5), leverage=2)
    # 10,000 × 0.25 × 2 ÷ 100 = 50; at 110 equity is 10,500, all is 10,500 × 0.5 × 2 ÷ 110 = 95.4545…
    assert result.position.tolist() == pytest.approx([0, 50, 95.454, 95.454, 95.454])


def test_exits_move_with_what_is_added():
    series = candles(flat(100), flat(100), flat(110), (110, 110, 103, 105), flat(105))
    # stop of the first order 95, of the second 104.5
    trades = run(series, [0.5, 1, 1, 1, 1], sizing=Sizing("fixed", 4), stop_loss=0.05).trades
    assert (trades.reasons(), trades.exit_price[0]) == (["stop_loss"], 104.5)


def test_exits_stay_where_a_part_is_taken_away():
    series = candles(flat(100), flat(100), flat(110), (110, 110, 103, 105), flat(105))
    assert run(series, [1, 0.5, 0.5, 0.5, 0.5], sizing=Sizing("fixed", 4), stop_loss=0.05).trades.reasons() == ["open"]


def test_a_part_that_is_taken_away_may_be_below_the_minimum():
    market = Market(tick_size=0.01, lot_size=1, min_quantity=4, max_leverage=100)
    assert run(RISING, [1, 0.75, 1, 1, 1], sizing=Sizing("fixed", 4), market=market).position.tolist() == [
        0,
        4,
        3,
        3,
        3,
    ]


def test_what_is_added_is_asked_for_the_minimum():
    market = Market(tick_size=0.01, lot_size=1, min_notional=250, max_leverage=100)
    result = run(RISING, [0.75, 1, 1, 1, 1], sizing=Sizing("fixed", 4), market=market)
    assert (result.position[-1], result.refusals["below_minimum"]) == (3, 1)


def test_what_is_added_is_asked_for_the_margin_of_all():
    # 60 at 100, then 120 at 110 would cost 12,600 in all, with 10,600 there
    result = run(RISING, [0.5, 1, 1, 1, 1], sizing=Sizing("fixed", 120))
    assert (result.position[-1], result.refusals["insufficient_margin"]) == (60, 1)


def test_fees_of_each_part_have_their_minimum():
    trades = run(RISING, [0.5, 1, 0.5, 0, 0], sizing=Sizing("fixed", 4), costs=Costs(min_commission=1)).trades
    assert trades.fee[0] == 4  # in, in, out, out


def test_shorts_that_are_not_allowed_close_a_long_and_open_nothing():
    result = run(RISING, [1, -1, -1, -1, -1], allow_short=False)
    assert result.position.tolist() == [0, 1, 0, 0, 0]
    assert result.refusals["shorts_not_allowed"] == 1


def test_shorts_that_the_market_does_not_know_are_none():
    market = Market(tick_size=0.01, lot_size=1, allows_short=False)
    assert run(RISING, [-1] * 5, market=market).refusals["shorts_not_allowed"] == 1
