"""From what was asked to a size in base units, before rounding to the lot. All results at least 0."""


def size_of_amount(amount, price):
    """Return the size that costs `amount` of quote currency."""
    return amount / price


def size_of_equity_share(equity, share, leverage, price):
    """Return the size whose margin is `share` (a fraction) of `equity`: notional = margin × leverage."""
    return max(0, equity) * share * leverage / price


def size_of_risk(equity, share, entry, stop):
    """Return the size that loses `share` (a fraction) of `equity` between `entry` and `stop`, which differ."""
    return max(0, equity) * share / max(entry - stop, stop - entry)
