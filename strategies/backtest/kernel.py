"""One pass over candles and targets: what a paper account would hold and be worth after each of them.

The formulas are those of `trading.engine`, compiled; what happens when is what the paper desk does with the same
candles, each a quote at its open and then a range of prices:

1. At the open, funding of perpetuals first: for every 00:00, 08:00 and 16:00 UTC since the last open up to this one,
   on what was held through it, at this open's mid. What was opened then pays from the next one on, and what a stop
   took out in the meantime pays nothing.
2. Then the decision of the candle before, where its target differs from the one before that. Orders are market orders
   at the open: half the spread, slippage, then the tick that is worse. A target of the other side closes all, then
   opens as a second order on what is left; one of the same side trades the difference of the sizes that the two would
   have now. What would open too little, or is not covered by margin, is not placed and not tried again before the
   next change. A position that was left by an exit stays flat until the target changes.
3. Exits lie at a distance from the price quoted to the order, on the tick that triggers later, and move with every
   order that adds. They are met inside the candle, the one of the entry as well, half the spread around high and low.
   Where both are met the stop counts as the first, unless the open is beyond the target already. A stop is filled on
   its price, or on the open beyond it, and slips; a target at its price and no better.
4. Then the account: below its maintenance margin at the candle's worst price the position is closed out there, and
   slips. Balance may end below zero where the market jumped.
5. At the close, equity is marked at the mid.

Not simulated: an order is filled whole, whatever the instrument's liquidity and however little the desk could store,
and no price is stale. Noise is drawn by the time of the open for decisions, of the close for what happens inside the
candle.
"""

import math

import numpy as np

from strategies.backtest.books import (
    BAD_EXIT,
    BALANCE,
    BELOW_MINIMUM,
    CLOSE_OUT,
    DECISION,
    DIRECTION,
    ENTRY_COST,
    NO_MARGIN,
    NO_SHORTS,
    SIZE,
    SLIPPED,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    TARGET,
    WANTED,
    book_entry,
    book_exit,
    book_funding,
    equity_at,
)
from strategies.backtest.compiling import compiled
from strategies.backtest.terms import FIXED, PERCENT_EQUITY
from trading.engine.exits import stop_loss_price, take_profit_price
from trading.engine.money import commission, funding, initial_margin, maintenance_margin, unrealized_profit
from trading.engine.noise import draw, noise
from trading.engine.prices import (
    limit_is_met,
    market_fill_price,
    quoted_price,
    round_down,
    slippage,
    stop_is_met,
    stopped_price,
)
from trading.engine.sizing import size_of_equity_share, size_of_risk

FUNDING_PERIOD = 8 * 3_600_000
# Money has eight decimals on the desk: what is less than half of the last is a float's doing.
_HALF_STEP = 0.000000005


@compiled
def run_bars(candles, targets, terms, book, trades, equity, position):
    """Move the books on over n candles but for the first, and note equity and position after each.

    The first one was decided on already, or is the first that counts. `candles` is (opened_at (n,) int64 in
    milliseconds, open, high, low, close (n,) float64); `targets`, `equity` and `position` (n,) float64. `trades` has
    room for every change of target. Returns n, or the place of a candle whose prices make none: there it ended.
    """
    opened_at, opens, highs, lows, closes = candles
    noted, asked = 1, 1
    while True:
        bar = _first_that_matters(candles, targets, terms, book, asked)
        _note(closes, book, equity, position, noted, bar)
        if bar == len(opens):
            return bar
        mid, high, low = opens[bar], highs[bar], lows[bar]
        if not _is_candle(mid, high, low, closes[bar]):
            return bar
        pass_bar(book, trades, terms, targets[bar - 1], opened_at[bar - 1], opened_at[bar], mid, high, low)
        noted, asked = bar, bar + 1


@compiled
def _first_that_matters(candles, targets, terms, book, begin):
    """Return the first place from `begin` on where the books may move, or where prices make no candle; else n.

    Most candles do nothing: here they are asked with bare numbers, which stay in registers as nothing is written.
    """
    opened_at, opens, highs, lows, closes = candles
    wanted, balance, size, cost = book[WANTED], book[BALANCE], book[SIZE], book[ENTRY_COST]
    direction, stop, target = book[DIRECTION], book[STOP], book[TARGET]
    spread, rate, funded = terms.spread, terms.maintenance_margin_rate, terms.funding_rate != 0
    funded_at = (opened_at[begin - 1] // FUNDING_PERIOD + 1) * FUNDING_PERIOD
    # Places that cannot be negative are not looked at twice.
    for bar in range(np.uint64(begin), np.uint64(len(opens))):
        high, low = highs[bar], lows[bar]
        if targets[bar - np.uint64(1)] != wanted or not _is_candle(opens[bar], high, low, closes[bar]):
            return np.int64(bar)
        if size > 0 and (
            (funded and opened_at[bar] >= funded_at)
            or is_exit_met(direction, stop, target, high, low, spread)
            or is_below(direction, balance, size, cost, high, low, rate)
        ):
            return np.int64(bar)
    return len(opens)


@compiled
def _note(closes, book, equity, position, begin, end):
    """Note equity and position after each candle from `begin` to before `end`: the books stood still in all of them."""
    direction, balance, size, cost = book[DIRECTION], book[BALANCE], book[SIZE], book[ENTRY_COST]
    if size > 0:
        for bar in range(np.uint64(begin), np.uint64(end)):
            equity[bar] = balance + unrealized_profit(direction, size, cost, closes[bar])
            position[bar] = direction * size
    else:
        for bar in range(np.uint64(begin), np.uint64(end)):
            equity[bar], position[bar] = balance, 0.0


@compiled
def pass_bar(book, trades, terms, wanted, last_open, this_open, mid, high, low):
    """Do all that happens from one open to before the next; `wanted` is what was decided at the close before."""
    if terms.funding_rate != 0 and book[SIZE] > 0 and this_open // FUNDING_PERIOD != last_open // FUNDING_PERIOD:
        _pay_fundings(book, trades, terms, mid, last_open, this_open)
    if wanted != book[WANTED]:
        book[WANTED] = wanted
        _decide(book, trades, terms, mid, this_open)
    if book[SIZE] > 0:
        if is_exit_met(book[DIRECTION], book[STOP], book[TARGET], high, low, terms.spread):
            _meet_exits(book, trades, terms, mid, high, low, this_open + terms.interval)
        elif is_below(
            book[DIRECTION], book[BALANCE], book[SIZE], book[ENTRY_COST], high, low, terms.maintenance_margin_rate
        ):
            _close_out(book, trades, terms, high, low, this_open + terms.interval)


@compiled
def _is_candle(first, high, low, last):
    """Say whether four prices are those of a candle: above zero, finite, none beyond the extremes; NaN is none."""
    return (low > 0) & (low <= first) & (low <= last) & (first <= high) & (last <= high) & (high < math.inf)


@compiled
def _pay_fundings(book, trades, terms, mid, last_open, this_open):
    """Book the fundings that were due later than the last open and not later than this one."""
    due = this_open // FUNDING_PERIOD - last_open // FUNDING_PERIOD
    if due > 0:
        each = funding(book[DIRECTION], book[SIZE] * mid, terms.funding_rate)
        book_funding(book, trades, each * due)


@compiled
def _decide(book, trades, terms, mid, at):
    """Trade towards the target that is wanted now, a whole step at the most."""
    wanted = book[WANTED]
    direction = 1.0 if wanted > 0 else (-1.0 if wanted < 0 else 0.0)
    leg = 1
    if book[SIZE] > 0 and direction != book[DIRECTION]:
        _reduce(book, trades, terms, book[SIZE], mid, at)
        leg = 2
    if direction < 0 and not terms.allows_short:
        book[NO_SHORTS] += 1
    elif direction != 0:
        _trade_towards(book, trades, terms, direction, abs(wanted), mid, at, leg)


@compiled
def _trade_towards(book, trades, terms, direction, share, mid, at, leg):
    """Open, add or take away so that the position is `share` of a whole one; it is flat or of this direction."""
    quoted = quoted_price(direction, mid, terms.spread)
    stop, target = 0.0, 0.0
    if terms.stop_loss > 0:
        stop = stop_loss_price(direction, quoted, terms.stop_loss, terms.tick_size)
    if terms.take_profit > 0:
        target = take_profit_price(direction, quoted, terms.take_profit, terms.tick_size)
    size = round_down(_whole_size(book, terms, quoted, stop, mid, share), terms.lot_size)
    if book[SIZE] == 0:
        _open(book, trades, terms, direction, size, stop, target, mid, at, leg)
        return
    change = round_down(abs(size - book[SIZE]), terms.lot_size)
    if change > 0 and size > book[SIZE]:
        _open(book, trades, terms, direction, change, stop, target, mid, at, leg)
    elif change > 0:
        _reduce(book, trades, terms, change, mid, at)


@compiled
def _whole_size(book, terms, quoted, stop, mid, share):
    """Return the size that `share` of a whole position has now, not rounded; without a distance to lose on, none."""
    value = terms.value * share
    if terms.mode == FIXED:
        return value
    equity = equity_at(book, mid)
    if terms.mode == PERCENT_EQUITY:
        return size_of_equity_share(equity, value, terms.leverage, quoted)
    if stop == quoted:
        return 0.0
    return size_of_risk(equity, value, quoted, stop)


@compiled
def _open(book, trades, terms, direction, size, stop, target, mid, at, leg):
    """Place the order that opens or adds, unless the desk would refuse it; the first that refuses is counted."""
    quoted = quoted_price(direction, mid, terms.spread)
    price = _slipped_price(terms, direction, size, quoted, at, leg)
    if _is_bad(terms.stop_loss, stop, quoted, -direction) or _is_bad(terms.take_profit, target, quoted, direction):
        book[BAD_EXIT] += 1
    elif size <= 0 or size < terms.min_quantity or price * size < terms.min_notional:
        book[BELOW_MINIMUM] += 1
    elif not _is_covered(book, terms, direction, size, price, mid):
        book[NO_MARGIN] += 1
    else:
        book[SLIPPED] += direction * (price - quoted) * size
        book_entry(book, trades, terms, direction, size, price, at)
        book[STOP] = stop
        book[TARGET] = target


@compiled
def _is_bad(distance, price, entry, away):
    """Say whether an exit that is wanted does not lie above (`away` +1) or below (-1) the entry."""
    return distance > 0 and not (price > 0 and (price - entry) * away > 0)


@compiled
def _is_covered(book, terms, direction, size, price, mid):
    """Say whether equity after the fill, its fee and what it loses on spread, covers the margin of all that is held."""
    cost = book[ENTRY_COST] + price * size
    fee = commission(price * size, terms.commission_rate, terms.min_commission)
    available = book[BALANCE] - fee + unrealized_profit(direction, book[SIZE] + size, cost, mid)
    return initial_margin(cost, terms.leverage) - available < _HALF_STEP


@compiled
def _reduce(book, trades, terms, size, mid, at):
    """Sell of a long, or buy back of a short, at the open."""
    quoted = quoted_price(-book[DIRECTION], mid, terms.spread)
    _leave_at_market(book, trades, terms, size, quoted, at, DECISION)


@compiled
def is_exit_met(direction, stop, target, high, low, spread):
    """Say whether a candle reached a stop or a target; 0 is none."""
    losing, winning = (low, high) if direction > 0 else (high, low)
    if stop > 0 and stop_is_met(-direction, stop, quoted_price(-direction, losing, spread)):
        return True
    return target > 0 and limit_is_met(-direction, target, quoted_price(-direction, winning, spread))


@compiled
def _meet_exits(book, trades, terms, first, high, low, closed_at):
    """Leave the position at the stop or the target that the candle reached."""
    direction, stop, target = -book[DIRECTION], book[STOP], book[TARGET]
    opened = quoted_price(direction, first, terms.spread)
    stopped = is_exit_met(book[DIRECTION], stop, 0.0, high, low, terms.spread)
    won = is_exit_met(book[DIRECTION], 0.0, target, high, low, terms.spread)
    if won and (not stopped or limit_is_met(direction, target, opened)):
        book_exit(book, trades, terms, book[SIZE], target, closed_at, TAKE_PROFIT)
    else:
        _leave_at_market(book, trades, terms, book[SIZE], stopped_price(direction, stop, opened), closed_at, STOP_LOSS)


@compiled
def is_below(direction, balance, size, entry_cost, high, low, rate):
    """Say whether the account is below its maintenance margin at the candle's worst mid."""
    worst = low if direction > 0 else high
    equity = balance + unrealized_profit(direction, size, entry_cost, worst)
    return equity - maintenance_margin(size * worst, rate) < 0


@compiled
def _close_out(book, trades, terms, high, low, closed_at):
    """Close the position at the candle's worst price."""
    worst = low if book[DIRECTION] > 0 else high
    price = quoted_price(-book[DIRECTION], worst, terms.spread)
    _leave_at_market(book, trades, terms, book[SIZE], price, closed_at, CLOSE_OUT)


@compiled
def _leave_at_market(book, trades, terms, size, quoted, at, reason):
    direction = -book[DIRECTION]
    price = _slipped_price(terms, direction, size, quoted, at, 1)
    book[SLIPPED] += direction * (price - quoted) * size
    book_exit(book, trades, terms, size, price, at, reason)


@compiled
def _slipped_price(terms, direction, size, quoted, at, leg):
    """Return the price of a market fill. Without noise there is nothing to draw, which costs more than all else."""
    drawn = draw(terms.seed, terms.instrument, at, leg) if terms.slippage_noise != 0 else 0
    slipped = slippage(
        terms.slippage_base,
        size,
        terms.size_unit,
        terms.slippage_per_unit,
        noise(terms.slippage_noise, drawn),
        terms.slippage_cap,
    )
    return market_fill_price(direction, quoted, slipped, terms.tick_size)
