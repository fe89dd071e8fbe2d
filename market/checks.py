"""Checks at start that the settings of the market make sense."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from market.sources import CATALOGUE, LISTS

_SHORTEST_ROUND_SECONDS = 0.1


def check_settings(**_: Any) -> list[CheckMessage]:
    """Return an error for each setting of the price sources that cannot be meant."""
    found = []
    if settings.PRICE_SOURCE not in CATALOGUE:
        found.append(Error(f"PRICE_SOURCE is one of {', '.join(CATALOGUE)}.", id="market.E001"))
    if not _SHORTEST_ROUND_SECONDS <= settings.PRICE_FEED_SECONDS:
        found.append(Error(f"PRICE_FEED_SECONDS is {_SHORTEST_ROUND_SECONDS} or more.", id="market.E002"))
    if not _are_urls(settings.EXCHANGE_URLS):
        found.append(Error("EXCHANGE_URLS is a JSON object, venue to http(s) address.", id="market.E003"))
    if unknown := sorted(set(settings.INSTRUMENT_VENUES) - LISTS.keys()):
        said = f"INSTRUMENT_VENUES has {', '.join(unknown)}; known are {', '.join(LISTS)}."
        found.append(Error(said, id="market.E004"))
    return [*found]


def _are_urls(urls: Any) -> bool:
    return isinstance(urls, dict) and all(isinstance(url, str) and _is_url(url) for url in urls.values())


def _is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
