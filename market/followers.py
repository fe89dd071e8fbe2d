"""Who is told of new prices, and which instruments they are about. Higher apps fill this in at start."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from market.ranges import PriceRange

Follower = Callable[[Sequence[PriceRange]], None]
Watched = Callable[[], Collection[UUID]]

_followers: list[Follower] = []
_watched: list[Watched] = []


def follow_prices(follower: Follower, *, of: Watched) -> None:
    """Have the price feed tell `follower` of every round of prices, those of the instruments that `of` names too."""
    _followers.append(follower)
    _watched.append(of)


def watched_instruments() -> set[UUID]:
    """Return the ids of the instruments that followers wait for, whatever their source."""
    return {instrument_id for watched in _watched for instrument_id in watched()}


def tell_followers(ranges: Sequence[PriceRange]) -> None:
    """Hand a round of prices to every follower."""
    for follower in _followers:
        follower(ranges)
