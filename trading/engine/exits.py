"""Where a position is left: stop-loss and take-profit prices."""

from trading.engine.prices import round_down, round_up


def stop_loss_price(direction, entry, fraction, tick):
    """Return the stop at a distance of `fraction` from entry, to the tick that triggers later."""
    price = entry * (1 - direction * fraction)
    if direction > 0:
        return round_down(price, tick)
    return round_up(price, tick)


def take_profit_price(direction, entry, fraction, tick):
    """Return the target at a distance of `fraction` from entry, to the passive tick: up for a long."""
    price = entry * (1 + direction * fraction)
    if direction > 0:
        return round_up(price, tick)
    return round_down(price, tick)
