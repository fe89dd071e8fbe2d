"""One pass for runs whose equity nobody keeps: it stops only at candles at which something may happen.

Between a decision, a funding and an exit nothing moves in the books, so the pass jumps from one to the next and leaves
the candle itself to the backtest's own `pass_bar`. While a position is held, blocks of candles are asked by their
lowest low and highest high whether any of them could reach an exit or a close-out. Equity is noted at the marks alone,
the ends of days.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from market.candles.series import CandleSeries, Floats, Milliseconds
from strategies.backtest.books import BALANCE, DIRECTION, ENTRY_COST, SIZE, STOP, TARGET, equity_at
from strategies.backtest.compiling import compiled
from strategies.backtest.kernel import FUNDING_PERIOD, is_below, is_exit_met, pass_bar
from strategies.backtest.run import BadCandle, plain
from strategies.rule import checked_targets

BLOCK = 64
Places = NDArray[np.int64]


class Ground(NamedTuple):
    """What all runs over the same candles look at: times and prices (n,), and what is known of them beforehand.

    `block_highs`, `block_lows` (⌈n ÷ 64⌉,) float64 are the extremes of candles 64 k to 64 k + 63; `fundings` ascending
    int64 places of candles that open in another funding period than the one before, if any is paid; n stands last.
    """

    opened_at: Milliseconds
    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    block_highs: Floats
    block_lows: Floats
    fundings: Milliseconds


def ground_of(candles: CandleSeries, *, pays_funding: bool) -> Ground:
    """Return the ground of these candles. Raises BadCandle for prices that make none."""
    _check(candles)
    starts = np.arange(0, len(candles), BLOCK)
    due = np.flatnonzero(np.diff(candles.opened_at // FUNDING_PERIOD)) + 1
    return Ground(
        opened_at=plain(candles.opened_at),
        opens=plain(candles.open),
        highs=plain(candles.high),
        lows=plain(candles.low),
        closes=plain(candles.close),
        block_highs=np.maximum.reduceat(candles.high, starts),
        block_lows=np.minimum.reduceat(candles.low, starts),
        fundings=np.append(due if pays_funding else due[:0], len(candles)),
    )


def _check(candles: CandleSeries) -> None:
    lowest = np.minimum(candles.open, candles.close)
    highest = np.maximum(candles.open, candles.close)
    sound = (candles.low > 0) & (candles.low <= lowest) & (highest <= candles.high) & (candles.high < np.inf)
    if not sound.all():
        raise BadCandle(candles, int(np.argmin(sound)))


def turns_of(told: object, candles: int) -> tuple[Floats, Places]:
    """Return what a rule told as its targets (n,) float64, and ascending where they turn: differ from the one before.

    What `checked_targets` says holds, but that NaN at the beginning stay: they count as 0, as does what is before the
    first. All of it is read once, as a sweep does little else. Raises RuleFailed for what are no targets.
    """
    if not (isinstance(told, np.ndarray) and told.dtype == np.float64 and told.shape == (candles,)):
        told = checked_targets(told, candles)
    targets, turns = plain(told), np.empty(candles, np.int64)
    count = _find_turns(targets, turns)
    if count < 0:
        checked_targets(told, candles)  # raises
    return targets, turns[:count]


@compiled
def _find_turns(targets, turns):
    """Write down where targets differ from the one before; return how many do, -1 where one is no target."""
    begin, count, last = 0, 0, 0.0
    while begin < len(targets) and np.isnan(targets[begin]):
        begin += 1
    for bar in range(np.uint64(begin), np.uint64(len(targets))):
        target = targets[bar]
        if target != last:  # so are NaN, all of them
            if not -1 <= target <= 1:
                return -1
            turns[count] = bar
            count += 1
            last = target
    return count


def changes_within(targets: Floats, turns: Places, first: int, stop: int) -> Places:
    """Return the candles from after `first` to before `stop` that open with something new to do, ascending.

    `targets` and `turns` are those of `turns_of`. What was decided at `first` is new unless that is 0: before it
    nothing counts.
    """
    begin, end = np.searchsorted(turns, (first + 1, stop - 1))
    changes: Places = turns[begin:end] + 1
    if begin > 0 and stop - first > 1 and targets[turns[begin - 1]] != 0:
        changes = np.insert(changes, 0, first + 1)
    return changes


@compiled
def pass_over(start, stop, ground, targets, changes, terms, book, trades, places, values):
    """Move the books on over the candles from `start` to before `stop`; return how many of them ended with a position.

    `targets`, `terms`, `book` and `trades` are those of `run_bars`. `changes` ascending are the candles from `start`
    on before which another target was decided than the one before. `places` (m,) ascending are candles after whose
    closes equity is wanted, none before `start`: `values` (m,) float64 take it.
    """
    mark, held, bar, turn, paid = 0, 0, start, 0, 0
    while bar < stop:
        begun = bar
        bar = changes[turn] if turn < len(changes) else stop
        turned = bar
        if book[SIZE] > 0:
            paid = _funding_from(ground.fundings, paid, begun)
            bar = _quiet_until(ground, book, terms, begun, min(bar, ground.fundings[paid]))
            held += bar - begun
        mark = _note(book, ground.closes, places, values, mark, bar)
        if bar < stop:
            pass_bar(
                book,
                trades,
                terms,
                targets[bar - 1],
                ground.opened_at[bar - 1],
                ground.opened_at[bar],
                ground.opens[bar],
                ground.highs[bar],
                ground.lows[bar],
            )
            held += book[SIZE] > 0
            turn += bar == turned
        bar += 1
    _note(book, ground.closes, places, values, mark, stop)
    return held


@compiled
def _note(book, closes, places, values, mark, bar):
    """Note equity at the marks before candle `bar`, from the one that is next; return which is next then."""
    while mark < len(places) and places[mark] < bar:
        values[mark] = equity_at(book, closes[places[mark]])
        mark += 1
    return mark


@compiled
def _funding_from(fundings, paid, bar):
    """Return which funding is the first at candle `bar` or later; the last of them never comes."""
    while fundings[paid] < bar:
        paid += 1
    return paid


@compiled
def _quiet_until(ground, book, terms, bar, stop):
    """Return the first candle from `bar` on that may reach an exit or a close-out, or `stop`."""
    while bar < stop:
        block = bar // BLOCK
        if _is_quiet(book, terms, ground.block_highs[block], ground.block_lows[block]):
            bar = (block + 1) * BLOCK
        elif _is_quiet(book, terms, ground.highs[bar], ground.lows[bar]):
            bar += 1
        else:
            return bar
    return stop


@compiled
def _is_quiet(book, terms, high, low):
    """Say whether prices between the two reach neither stop nor target, and leave margin enough."""
    if is_exit_met(book[DIRECTION], book[STOP], book[TARGET], high, low, terms.spread):
        return False
    rate = terms.maintenance_margin_rate
    return not is_below(book[DIRECTION], book[BALANCE], book[SIZE], book[ENTRY_COST], high, low, rate)
