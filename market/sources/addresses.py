"""Where the venues' public APIs are, by the names that settings and instruments give the venues."""

from django.conf import settings

PUBLIC = {
    "bybit": "https://api.bybit.com",
    "binance": "https://api.binance.com",
    "binanceusdm": "https://fapi.binance.com",
}


def base_url(venue: str) -> str:
    """Return a venue's address, without a slash at its end; EXCHANGE_URLS may name another."""
    return str(settings.EXCHANGE_URLS.get(venue, PUBLIC[venue])).rstrip("/")
