"""Who is told of new prices, and which instruments somebody needs prices of. Higher apps fill this in at start."""

from collections.abc import Callable, Sequence

from django.db.models import Model, Q, QuerySet

from market.ranges import PriceRange

Follower = Callable[[Sequence[PriceRange]], None]
# Names instruments by a queryset of one column, their ids: the feed makes it a part of its own statement.
Wanting = Callable[[], "QuerySet[Model, tuple[object, ...]]"]

_followers: list[Follower] = []
_wanting: list[Wanting] = []


def follow_prices(follower: Follower, *, of: Wanting) -> None:
    """Have the price feed tell `follower` of every round of prices, those of the instruments that `of` names too."""
    _followers.append(follower)
    want_prices_of(of)


def want_prices_of(wanting: Wanting) -> None:
    """Have the price feed fetch the prices of the instruments that `wanting` names."""
    _wanting.append(wanting)


def needed() -> Q:
    """Return the condition that an instrument's prices are needed by another app."""
    condition = Q(pk__in=[])
    for wanting in _wanting:
        condition |= Q(pk__in=wanting())
    return condition


def tell_followers(ranges: Sequence[PriceRange]) -> None:
    """Hand a round of prices to every follower; nothing is told where there are none."""
    if not ranges:
        return
    for follower in _followers:
        follower(ranges)
