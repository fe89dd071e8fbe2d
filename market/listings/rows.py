"""Which values in a service's row are sound. One that is not spoils its row, which is skipped and counted.

null is no value, and sound where a value may be missing. A text where a number belongs, NaN, infinity, a negative
price are unsound: whoever sends those may mean anything by the rest of the row.
"""

import logging
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from market.listings.base import ListedCoin, ListedCoins
from market.sources.base import SourceDown

logger = logging.getLogger(__name__)

LONGEST_SYMBOL = 64
LONGEST_NAME = 128
LONGEST_ADDRESS = 500
# More than any supply; a service that sends more is broken.
LARGEST = 1e30
_LAST_RANK = 2**31 - 1


class Unsound(ValueError):
    """A value that cannot be what it says; the sentence names its field, never the value."""


def read_coins(rows: Iterable[Any], *, read: Callable[[dict[str, Any]], ListedCoin], limit: int) -> ListedCoins:
    """Return the coins of the first `limit` sound rows. Raises SourceDown where no row is sound."""
    coins: dict[str, ListedCoin] = {}
    skipped = 0
    for row in rows:
        try:
            coin = read(_object(row))
        except Unsound as error:
            skipped += 1
            logger.debug("a listed coin is skipped: %s", error)
            continue
        skipped += coin.provider_id in coins
        coins.setdefault(coin.provider_id, coin)
    if not coins:
        raise SourceDown("the answer has no sound coin in it")
    return ListedCoins(tuple(coins.values())[:limit], skipped)


def text(row: dict[str, Any], name: str, *, longest: int = LONGEST_NAME) -> str:
    """Return a text that must be there. Raises Unsound."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise Unsound(f"{name} is no text of up to {longest} letters")
    return value.strip()


def number(row: dict[str, Any], name: str) -> float | None:
    """Return a finite number, None for null. Raises Unsound."""
    value = row.get(name)
    if value is None:
        return None
    if type(value) not in (int, float):
        raise Unsound(f"{name} is no number")
    try:
        found = float(value)
    except OverflowError as error:
        raise Unsound(f"{name} is too large") from error
    if not math.isfinite(found) or abs(found) > LARGEST:
        raise Unsound(f"{name} is no figure of any coin")
    return found


def amount(row: dict[str, Any], name: str) -> float | None:
    """Return a number that is not negative, None for null. Raises Unsound."""
    found = number(row, name)
    if found is not None and found < 0:
        raise Unsound(f"{name} is negative")
    return found


def price(row: dict[str, Any], name: str) -> float:
    """Return a price, which must be there: a coin without one is skipped. Raises Unsound."""
    found = amount(row, name)
    if found is None:
        raise Unsound(f"{name} is missing")
    return found


def rank(row: dict[str, Any], name: str) -> int | None:
    """Return a place from 1 on, None for null. Raises Unsound."""
    value = row.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 < value <= _LAST_RANK:
        raise Unsound(f"{name} is no rank")
    return value


def moment(row: dict[str, Any], name: str) -> datetime | None:
    """Return a time, UTC where it does not say, None for null. Raises Unsound."""
    value = row.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unsound(f"{name} is no time") from error


def address(value: Any) -> str:
    """Return an http(s) address as it is, "" for anything else: it is put into links of ours."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS or not value.isprintable() or " " in value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in {"http", "https"} and parts.hostname else ""


def _object(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise Unsound("a row is no object")
    return row
