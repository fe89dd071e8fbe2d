"""Which price an order gets: spread, slippage, ticks."""

# What the slippage of a market order is made of beside the instrument's own, in millionths of the price: what one
# `size_unit` adds, how far the noise goes to either side, the most of all together.
PER_UNIT_MILLIONTHS = 1000
NOISE_MILLIONTHS = 200
CAP_MILLIONTHS = 10000


def rounding_tolerance(number, step):
    """Return how near below a multiple of `step` a `number` of at least 0 still counts as that multiple.

    A billionth of a step and, as floats lose more than that from some ten million steps on, what they lose of the
    number itself; never more than a thousandth of a step.
    """
    return min(step / 1000000000 + number / 1000000000000000, step / 1000)


def round_down(number, step):
    """Return the largest multiple of `step` that is not above `number` (at least 0), give or take the tolerance."""
    return (number + rounding_tolerance(number, step)) // step * step


def round_up(number, step):
    """Return the smallest multiple of `step` that is not below `number` (at least 0), give or take the tolerance."""
    below = round_down(number, step)
    if number - below > rounding_tolerance(number, step):
        return below + step
    return below


def limit_is_met(direction, price, quoted):
    """Return whether the market fills a limit order: to buy, it asks no more; to sell, it bids no less."""
    return direction * (price - quoted) >= 0


def stop_is_met(direction, stop_price, quoted):
    """Return whether the market has reached a stop: to buy, it asks no less; to sell, it bids no more."""
    return direction * (quoted - stop_price) >= 0


def stopped_price(direction, stop_price, first):
    """Return what a stop is filled on, before slippage: its price, or the first one beyond it where a gap took it."""
    if direction > 0:
        return max(stop_price, first)
    return min(stop_price, first)


def quoted_price(direction, mid, spread):
    """Return what a taker sees: mid × (1 + spread/2) to buy, mid × (1 − spread/2) to sell. `spread` is a fraction."""
    return mid * (1 + direction * spread / 2)


def slippage(base, size, size_unit, per_unit, noise, cap):
    """Return the fraction by which a market order is filled worse than quoted, from 0 to `cap`.

    base + per_unit × size ÷ size_unit + noise; `noise` is signed and drawn by the caller.
    """
    return max(0, min(base + per_unit * size / size_unit + noise, cap))


def market_fill_price(direction, quoted, slipped, tick):
    """Return the price of a market fill: quoted × (1 ± slippage), to the tick that is worse for the taker."""
    price = quoted * (1 + direction * slipped)
    if direction > 0:
        return round_up(price, tick)
    return max(tick, round_down(price, tick))
