"""Prices of Binance's public API: its spot market and its perpetuals in dollars are two venues of two hosts here.

Source: Binance API, 'Symbol Order Book Ticker' and 'Symbol Price Ticker'. A spot ticker tells no time, and that of a
quiet perpetual is the one of its last change. So a quote is from the moment that it was asked for: what is told is as
new as that or newer. The names of both venues are those of ccxt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.breaker import Breaker
from core.clock import Clock
from market.kinds import Kind
from market.models import Instrument
from market.sources.addresses import base_url
from market.sources.base import Quote, SourceDown
from market.sources.http import JsonClient
from market.sources.left_out import LeftOut
from market.sources.numbers import price
from market.sources.polling import Asked, PolledSource
from market.sources.tickers import sound_prices


@dataclass(frozen=True, slots=True)
class BinanceVenue:
    """One of Binance's markets: its name here, the kind that all its instruments are, where its paths begin."""

    name: str
    kind: Kind
    prefix: str

    def url(self, path: str) -> str:
        return f"{base_url(self.name)}{self.prefix}/{path}"


@dataclass(frozen=True, slots=True)
class BinanceMarket:
    """One market of a Binance venue."""

    category: str
    symbol: str


SPOT = BinanceVenue("binance", Kind.SPOT, "/api/v3")
USD_M = BinanceVenue("binanceusdm", Kind.LINEAR, "/fapi/v1")


def market_of(instrument: Instrument, venue: BinanceVenue) -> BinanceMarket | None:
    """Return the market that an instrument is at a venue: its own symbol where the venue listed it, else its pair."""
    if instrument.kind != venue.kind:
        return None
    is_listed = instrument.venue == venue.name and instrument.listed_at is not None
    return BinanceMarket(venue.kind, instrument.symbol if is_listed else f"{instrument.base}{instrument.quote}")


class BinanceTickers:
    """Asks for best bid, best ask and last price; used by one thread at a time, its breaker by any."""

    def __init__(self, venue: BinanceVenue, *, client: JsonClient, breaker: Breaker) -> None:
        self.name = venue.kind.value
        self.breaker = breaker
        self._venue = venue
        self._client = client
        self._left_out = LeftOut(f"{venue.name} has no sound price of")

    def ask(self, wanted: Sequence[Asked], *, clock: Clock) -> list[Quote]:
        """Return the quotes of those that Binance gives sound prices of. Raises SourceDown, SourceBusy."""
        params = {"symbol": wanted[0].symbol} if len(wanted) == 1 else {}
        asked_at = clock()
        books = self._rows("ticker/bookTicker", params)
        lasts = self._rows("ticker/price", params)
        quotes, missing, sound = [], [], []
        for each in wanted:
            book, last = books.get(each.symbol) or {}, lasts.get(each.symbol) or {}
            found = sound_prices(price(book.get("bidPrice")), price(book.get("askPrice")), price(last.get("price")))
            if found is None:
                missing.append(each.symbol)
                continue
            sound.append(each.symbol)
            quotes.append(Quote(each.instrument.id, found.bid, found.ask, found.last, asked_at))
        self._left_out.note(missing=missing, sound=sound)
        return quotes

    def _rows(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        told = self._client.get_json(self._venue.url(path), params)
        rows = [told] if params and isinstance(told, dict) else told
        if not isinstance(rows, list):
            raise SourceDown("the answer holds no tickers")
        by_symbol: dict[str, Any] = {}
        for row in rows:
            symbol = row.get("symbol") if isinstance(row, dict) else None
            if isinstance(symbol, str):
                # Twice in one list: which is true cannot be told.
                by_symbol[symbol] = None if symbol in by_symbol else row
        if not by_symbol:
            raise SourceDown("the answer holds no tickers")
        return by_symbol


class BinanceSource(PolledSource):
    """The tickers of one Binance venue."""

    def __init__(self, venue: BinanceVenue, tickers: BinanceTickers | None = None) -> None:
        made = tickers or BinanceTickers(venue, client=JsonClient(), breaker=Breaker(f"{venue.name} {venue.kind}"))
        super().__init__(venue.name, [made], market_of=lambda instrument: market_of(instrument, venue))
        self._kind = venue.kind

    def covers(self, *, kind: str, base: str, quote: str) -> bool:
        """Say whether the venue has markets of this kind."""
        return kind == self._kind
