"""Checks at start that the settings of the listing services make sense. No key is shown."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from market.listings import PROVIDERS
from market.listings.coingecko import URLS

_PLANS = ", ".join(URLS)


def check_listings(**_: Any) -> list[CheckMessage]:
    """Return an error for each setting that cannot be meant."""
    return list(_errors())


def _errors() -> Iterator[CheckMessage]:
    chosen = settings.LISTINGS_PROVIDERS
    if len(set(chosen)) < len(chosen) or not set(chosen) <= PROVIDERS.keys():
        yield Error(f"LISTINGS_PROVIDERS names each once, of {', '.join(PROVIDERS)}.", id="market.E101")
    for name in ("COINGECKO_URL", "COINMARKETCAP_URL"):
        if not _is_url_or_nothing(getattr(settings, name)):
            yield Error(f"{name} is an http(s) address, or empty.", id="market.E102")
    for name in ("COINGECKO_API_KEY", "COINMARKETCAP_API_KEY"):
        key = getattr(settings, name)
        if not key.isascii() or not key.isprintable() or " " in key:
            yield Error(f"{name} has characters in it that no key has.", id="market.E103")
    if settings.COINGECKO_PLAN not in URLS:
        yield Error(f"COINGECKO_PLAN is one of {_PLANS}.", id="market.E104")
    if settings.COINGECKO_PLAN == "pro" and not settings.COINGECKO_API_KEY:
        yield Error("COINGECKO_PLAN=pro needs COINGECKO_API_KEY.", id="market.E105")


def _is_url_or_nothing(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not url or (parts.scheme in {"http", "https"} and bool(parts.hostname))
