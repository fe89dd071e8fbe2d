"""What a run of equity and a set of trades amount to. Sequences are of floats, oldest first; fractions, not percents.

The one module of the engine with powers, and with None: what has no value (nothing to divide by, too few values) is
None, never infinity. Definitions are those of empyrical, with a year of 365 days and n of all returns in Sortino.
"""

# A spread this much smaller than the mean is what floats make of returns that are all the same.
_SAME = 1000000000000


def returns_without_payments(equity, paid_in):
    """Return the fraction that each value of `equity` gained on the one before, less what was paid in between.

    (E_t − (N_t − N_{t−1})) ÷ E_{t−1} − 1, where `paid_in` N is all deposits less all withdrawals by then: with a value
    right after each payment this is the time-weighted return. Nothing is gained on what is not above zero.
    """
    gains = []
    for index in range(1, len(equity)):
        before, paid = equity[index - 1], paid_in[index] - paid_in[index - 1]
        gains.append((equity[index] - paid) / before - 1 if before > 0 else equity[index] * 0)
    return gains


def mean(values):
    """Return the arithmetic mean; of nothing there is none."""
    total = values[0] * 0
    for value in values:
        total += value
    return total / len(values)


def turnover(traded, equity):
    """Return the notional of all fills ÷ mean equity; None where that is not above zero."""
    average = mean(equity)
    return traded / average if average > 0 else None


def growth(returns):
    """Return what 1 became: 1, and then after each of `returns`. What is lost beyond all of it is not owed later."""
    grown = [1]
    for gain in returns:
        grown.append(grown[-1] * max(1 + gain, 0))
    return grown


def total_return(equity):
    """Return E_T ÷ E_0 − 1; None without two values, or where the first is not above zero."""
    if len(equity) < 2 or equity[0] <= 0:
        return None
    return equity[-1] / equity[0] - 1


def cagr(equity, days):
    """Return what one year of this would gain: (E_T ÷ E_0)^(365 ÷ days) − 1, `days` being the time from E_0 to E_T.

    None for less than a day, and where the first or last value is not above zero.
    """
    if len(equity) < 2 or days < 1 or equity[0] <= 0 or equity[-1] <= 0:
        return None
    try:
        return (equity[-1] / equity[0]) ** (365 / days) - 1
    except OverflowError:
        return None


def volatility(returns, periods):
    """Return the yearly spread of returns: std(ddof=1) × √periods, `periods` being how many of them a year has."""
    spread = _deviation(returns)
    return None if spread is None else spread * periods ** (1 / 2)


def sharpe(returns, periods):
    """Return mean ÷ std(ddof=1) × √periods, without a risk-free rate; None where all returns are the same."""
    spread = _deviation(returns)
    if spread is None or spread * _SAME <= abs(mean(returns)):
        return None
    return mean(returns) / spread * periods ** (1 / 2)


def sortino(returns, periods):
    """Return mean ÷ √(Σ min(r, 0)² ÷ n) × √periods, n counting all returns; None where none of two is a loss."""
    if len(returns) < 2:
        return None
    squares = returns[0] * 0
    for gain in returns:
        squares += min(gain, 0) ** 2
    downside = (squares / len(returns)) ** (1 / 2)
    return mean(returns) / downside * periods ** (1 / 2) if downside > 0 else None


def max_drawdown(equity):
    """Return the deepest fall below the highest value so far, a fraction of it from -1 to 0, the first value included.

    An equity below zero counts as all that was there. None without values, or where the first is not above zero.
    """
    if not len(equity) or equity[0] <= 0:
        return None
    highest, deepest = equity[0], equity[0] * 0
    for value in equity:
        highest = max(highest, value)
        deepest = min(deepest, value / highest - 1)
    return max(deepest, -1)


def calmar(yearly_return, drawdown):
    """Return the yearly return ÷ |drawdown|; None without either, or without a fall."""
    if yearly_return is None or not drawdown:
        return None
    return yearly_return / abs(drawdown)


def win_rate(profits):
    """Return the share of trades with a profit above zero, after costs; one of zero is a draw, and counted."""
    won = 0
    for profit in profits:
        won += profit > 0
    return won / len(profits) if len(profits) else None


def profit_factor(profits):
    """Return Σ profits ÷ |Σ losses| of trades, after costs; None without a loss."""
    if not len(profits):
        return None
    won, lost = profits[0] * 0, profits[0] * 0
    for profit in profits:
        if profit > 0:
            won += profit
        else:
            lost -= profit
    return won / lost if lost > 0 else None


def expectancy(profits):
    """Return what a trade brought on average: win rate × average win − loss rate × average loss. Signed, in money."""
    return mean(profits) if len(profits) else None


def of_trades(profits):
    """Return the figures of trades by name, from what each brought after costs; one of zero is neither won nor lost."""
    return {
        "total_trades": len(profits),
        "winning_trades": sum(profit > 0 for profit in profits),
        "losing_trades": sum(profit < 0 for profit in profits),
        "win_rate": win_rate(profits),
        "profit_factor": profit_factor(profits),
        "expectancy": expectancy(profits),
    }


def _deviation(values):
    """Return the standard deviation of a sample, ddof = 1; None of fewer than two."""
    if len(values) < 2:
        return None
    middle, squares = mean(values), values[0] * 0
    for value in values:
        squares += (value - middle) ** 2
    return (squares / (len(values) - 1)) ** (1 / 2)
