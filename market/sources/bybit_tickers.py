"""Reading Bybit's tickers: which of its markets an instrument is, what a ticker's prices are.

Source: Bybit V5 API, 'Get Tickers': all numbers are strings, "" where there is none, the time in the envelope only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.kinds import Kind
from market.models import Instrument
from market.sources.bybit_envelope import read_page
from market.sources.numbers import price
from market.sources.tickers import Prices, sound_prices, wide_prices

VENUE = "bybit"
CATEGORIES = (Kind.SPOT.value, Kind.LINEAR.value, Kind.INVERSE.value, Kind.OPTION.value)


@dataclass(frozen=True, slots=True)
class BybitMarket:
    """One market of Bybit's: `linear` `BTCUSDT`."""

    category: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Tickers:
    """One answer: its rows as they came, by symbol, and the server's time."""

    server_time: datetime
    rows: Mapping[str, Any]


def market_of(*, kind: str, base: str, quote: str) -> BybitMarket | None:
    """Return the market that an instrument of this kind is on Bybit: its kind is the category, its pair the symbol.

    Perpetuals in USDC are called BTCPERP there. None for kinds that Bybit does not have, and for options: no pair
    tells which.
    """
    if kind not in CATEGORIES or kind == Kind.OPTION:
        return None
    named_by_base = kind == Kind.LINEAR and quote == "USDC"
    return BybitMarket(category=kind, symbol=f"{base}PERP" if named_by_base else f"{base}{quote}")


def market_of_instrument(instrument: Instrument) -> BybitMarket | None:
    """Return the market that an instrument is on Bybit; one that was in Bybit's own list carries its symbol."""
    if instrument.venue == VENUE and instrument.kind in CATEGORIES and instrument.listed_at is not None:
        return BybitMarket(category=instrument.kind, symbol=instrument.symbol)
    return market_of(kind=instrument.kind, base=instrument.base, quote=instrument.quote)


def read_tickers(told: Mapping[str, Any], *, category: str) -> Tickers:
    """Return the rows of an answer. Raises SourceBusy, SourceRefused, SourceDown as `read_page`."""
    page = read_page(told, category=category)
    by_symbol: dict[str, Any] = {}
    for row in page.rows:
        symbol = row.get("symbol") if isinstance(row, dict) else None
        if isinstance(symbol, str):
            # Twice in one list: which is true cannot be told.
            by_symbol[symbol] = None if symbol in by_symbol else row
    return Tickers(page.server_time, by_symbol)


def read_prices(row: Any, *, category: str = Kind.LINEAR) -> Prices | None:
    """Return a ticker's prices; None where they are none."""
    if not isinstance(row, dict):
        return None
    told = [price(row.get(name)) for name in ("bid1Price", "ask1Price", "lastPrice")]
    return wide_prices(*told) if category == Kind.OPTION else sound_prices(*told)
