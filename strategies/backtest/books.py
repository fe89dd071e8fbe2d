"""The books of a run: one account with at most one position, kept in an array so that compiled functions may move it.

`book` (BOOK,) float64 holds what is now; `trades` (capacity, TRADE) float64 a row for each position from its opening
to its last close, as the desk keeps positions. Costs and profits are those of the engine, not rounded to the money
scale: a float holds more of a trade than that.
"""

import numpy as np

from strategies.backtest.compiling import compiled
from trading.engine.money import commission, cost_of_part, profit, unrealized_profit

# Of the book: money and the position. Direction is +1, -1 or 0; size, in base units, is never negative.
BALANCE, DIRECTION, SIZE, ENTRY_COST, STOP, TARGET, WANTED = range(7)
# Of the book: sums over the run. SLIPPED is what fills cost beyond the price that was quoted.
COUNT, FEES, FUNDED, SLIPPED, TRADED = range(7, 12)
# Of the book: how many orders were not placed, and why.
BELOW_MINIMUM, NO_MARGIN, NO_SHORTS, BAD_EXIT = range(12, 16)
BOOK = 16

OPENED_AT, CLOSED_AT, SIDE, ENTERED, ENTERED_COST, LEFT, LEFT_COST, EARNED, FEE, FUNDING, REASON = range(11)
TRADE = 11

# Why a position was left; of one that is open, 0.
STILL_OPEN, DECISION, STOP_LOSS, TAKE_PROFIT, CLOSE_OUT = range(5)


def new_book(balance: float) -> np.ndarray:
    """Return the books of an account that holds `balance` and nothing else."""
    book = np.zeros(BOOK)
    book[BALANCE] = balance
    return book


@compiled
def equity_at(book, mark):
    """Return balance + open profit at `mark`, in quote currency, signed."""
    if book[SIZE] == 0:
        return book[BALANCE]
    return book[BALANCE] + unrealized_profit(book[DIRECTION], book[SIZE], book[ENTRY_COST], mark)


@compiled
def book_entry(book, trades, terms, direction, size, price, at):
    """Take a fill that opens a position or adds to it into the books; `at` is its time in milliseconds."""
    if book[SIZE] == 0:
        row = trades[int(book[COUNT])]
        row[:] = 0
        row[OPENED_AT] = at
        row[SIDE] = direction
        book[COUNT] += 1
        book[DIRECTION] = direction
    row = trades[int(book[COUNT]) - 1]
    notional = price * size
    book[SIZE] += size
    book[ENTRY_COST] += notional
    row[ENTERED] += size
    row[ENTERED_COST] += notional
    _book_fee(book, row, terms, notional)


@compiled
def book_exit(book, trades, terms, size, price, at, reason):
    """Take a fill that closes `size` of the position, or all of it, into the books."""
    row = trades[int(book[COUNT]) - 1]
    notional = price * size
    cost = cost_of_part(book[ENTRY_COST], book[SIZE], size)
    earned = profit(book[DIRECTION], notional, cost)
    book[BALANCE] += earned
    row[EARNED] += earned
    row[LEFT] += size
    row[LEFT_COST] += notional
    _book_fee(book, row, terms, notional)
    if size < book[SIZE]:
        book[SIZE] -= size
        book[ENTRY_COST] -= cost
        return
    row[CLOSED_AT] = at
    row[REASON] = reason
    book[DIRECTION] = 0
    book[SIZE] = 0
    book[ENTRY_COST] = 0
    book[STOP] = 0
    book[TARGET] = 0


@compiled
def book_funding(book, trades, amount):
    """Take what a funding brings, signed, into the books."""
    book[BALANCE] += amount
    book[FUNDED] += amount
    trades[int(book[COUNT]) - 1, FUNDING] += amount


@compiled
def _book_fee(book, row, terms, notional):
    fee = commission(notional, terms.commission_rate, terms.min_commission)
    book[BALANCE] -= fee
    book[FEES] += fee
    book[TRADED] += notional
    row[FEE] += fee
