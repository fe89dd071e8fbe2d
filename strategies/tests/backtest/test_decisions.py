"""What a decision trades, and when: worked by hand."""

import pytest

from strategies.backtest.terms import Costs, Sizing
from strategies.tests.backtest.running import candles, flat, run

RISING = candles(flat(100), (101, 103, 100, 102), (104, 106, 103, 105), flat(110))


def test_a_decision_is_filled_at_the_next_open():
    result = run(RISING, [1, 1, 0, 0])
    # in at the open of candle 1, 101; out at the open of candle 3, 110: 1 × (110 − 101)
    assert (result.trades.entry_price[0], result.trades.exit_price[0]) == (101, 110)
    assert result.trades.pnl[0] == result.final_balance - 10_000 == 9


def test_equity_is_marked_at_each_close():
    # 10,000, then + 102 − 101, + 105 − 101, + 110 − 101
    assert run(RISING, [1, 1, 1, 1]).equity.tolist() == [10_000, 10_001, 10_004, 10_009]


def test_a_position_that_is_open_at_the_end_is_a_trade_without_an_end():
    trades = run(RISING, [1, 1, 1, 1]).trades
    assert (trades.closed_at[0], trades.reasons(), trades.pnl[0]) == (0, ["open"], 0)


def test_a_reversal_closes_then_opens_at_the_same_open():
    result = run(RISING, [1, -1, -1, 0])
    # long 101 ► 104: + 3; short from 104, open at 110: − 6
    assert result.trades.direction.tolist() == [1, -1]
    assert result.trades.closed_at[0] == result.trades.opened_at[1] == RISING.opened_at[2]
    assert result.equity[-1] == 10_000 + 3 - 6


def test_spread_slippage_tick_and_fee_of_a_long():
    costs = Costs(spread=0.02, slippage_base=0.001, commission_rate=0.001)
    result = run(RISING, [1, 1, 0, 0], costs=costs)
    trades = result.trades
    # ask 101 × 1.01 = 102.01, slipped × 1.001 = 102.11201, up to the tick: 102.12; fee 0.10212
    # bid 110 × 0.99 = 108.90, slipped × 0.999 = 108.7911, down to the tick: 108.79; fee 0.10879
    assert (trades.entry_price[0], trades.exit_price[0]) == (pytest.approx(102.12), pytest.approx(108.79))
    assert trades.pnl[0] == pytest.approx(108.79 - 102.12 - 0.10212 - 0.10879)
    assert result.final_balance == pytest.approx(10_000 + trades.pnl[0])


def test_a_share_of_equity_is_margin_and_rounded_down_to_the_lot():
    trades = run(RISING, [1, 1, 1, 1], sizing=Sizing("percent_equity", 0.1), leverage=5).trades
    # 10,000 × 0.1 × 5 ÷ 101 = 49.50495…
    assert trades.size[0] == pytest.approx(49.504)


def test_a_risk_is_lost_between_entry_and_stop():
    trades = run(RISING, [1, 1, 1, 1], sizing=Sizing("risk_to_stop", 0.01), stop_loss=0.1, leverage=10).trades
    # stop 101 × 0.9 = 90.90; 10,000 × 0.01 ÷ (101 − 90.9) = 9.90099…
    assert trades.size[0] == pytest.approx(9.900)


def test_what_is_not_covered_by_margin_is_not_placed():
    result = run(RISING, [1, 1, 1, 1], sizing=Sizing("fixed", 100))
    assert (len(result.trades), result.refusals["insufficient_margin"]) == (0, 1)  # 10,100 of 10,000


def placed(size, **settings):
    """Say whether an order of this size is placed at 100 on a balance of 10,000."""
    return len(run(candles(flat(100), flat(100)), [1, 1], sizing=Sizing("fixed", size), **settings).trades) == 1


def test_margin_is_what_is_left_after_the_fee():
    # 100 × 100 ties up all of it; a fee of 1 leaves 9,999
    assert placed(100)
    assert not placed(100, costs=Costs(commission_rate=0.0001))


def test_margin_is_what_is_left_after_the_spread():
    # at an ask of 101: 98 tie up 9,898 and lose 98 at once, 99 tie up 9,999 and lose 99
    assert placed(98, costs=Costs(spread=0.02))
    assert not placed(99, costs=Costs(spread=0.02))


def test_leverage_is_how_many_times_over_margin_covers():
    assert placed(500, leverage=5)
    assert not placed(500.001, leverage=5)


def test_nothing_is_decided_while_the_rule_warms_up():
    result = run(RISING, [1, 1, 1, 1], first=2)
    assert result.trades.opened_at.tolist() == [RISING.opened_at[3]]
    assert result.equity.tolist() == [10_000] * 4
