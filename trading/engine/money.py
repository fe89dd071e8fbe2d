"""What a trade costs, earns and ties up. Money in quote currency; sizes in base units, never negative."""


def commission(notional, rate, minimum):
    """Return the fee of one fill: notional × rate, at least `minimum`. Never negative."""
    return max(notional * rate, minimum)


def profit(direction, exit_cost, entry_cost):
    """Return the profit of closing: exit − entry for a long, entry − exit for a short. Signed."""
    return direction * (exit_cost - entry_cost)


def unrealized_profit(direction, size, entry_cost, mark):
    """Return the profit of a position if it were closed at `mark`, without fees. Signed."""
    return direction * (size * mark - entry_cost)


def initial_margin(notional, leverage):
    """Return what a position ties up: notional ÷ leverage. Never negative.

    Source: Bybit help, 'Initial Margin (USDT Contract)'.
    """
    return notional / leverage


def maintenance_margin(notional, rate):
    """Return the equity below which a position is closed out: notional × rate. Never negative."""
    return notional * rate


def watch_price(direction, mark, size, slack, rate):
    """Return where a position alone, marked at `mark`, would use up `slack`: equity above maintenance margin, signed.

    Loss and maintenance, size × price × rate, move with the price: mark − direction × slack ÷ (size × (1 − direction ×
    rate)). Not above zero where no price does. With n positions the account is safe until one of them reaches its
    price for slack ÷ n.
    """
    return mark - direction * slack / (size * (1 - direction * rate))


def funding(direction, notional, rate):
    """Return what funding brings, signed: at a positive `rate` a long pays notional × rate, a short receives it.

    Source: Bybit help, 'Introduction to Funding Rate'.
    """
    return -direction * notional * rate


def cost_of_part(entry_cost, size, part):
    """Return the entry cost that leaves with `part` of a position of `size`: pro rata, all of it with the last."""
    if part >= size:
        return entry_cost
    return entry_cost * part / size


def closing_part(position_direction, position_size, direction, size):
    """Return how much of an order of `size` closes the position that is there; the rest opens. Never negative."""
    if position_direction * direction < 0:
        return min(position_size, size)
    return position_size * 0
