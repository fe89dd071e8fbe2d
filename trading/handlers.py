"""What trading does when it is told something by the apps below."""

from collections.abc import Sequence

from django.utils import timezone

from market.ranges import PriceRange
from trading.services.matching import match


def match_prices(ranges: Sequence[PriceRange]) -> None:
    """Fill what a round of prices meets. Called by the price feed, in its own thread."""
    match(ranges, clock=timezone.now)
