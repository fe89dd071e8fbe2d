"""Reading Bybit's answers: which of its markets an instrument is, whether a body is sound, what a ticker's prices are.

Source: Bybit V5 API, 'Get Tickers': all numbers are strings, "" where there is none, the time in the envelope only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.exact import PRICE_SCALE, NotExact, to_scaled
from market.kinds import Kind
from market.sources.base import SourceBusy, SourceDown

CATEGORIES = (Kind.SPOT.value, Kind.LINEAR.value, Kind.INVERSE.value)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 10**14
_TOO_MANY_REQUESTS = (10006, 10018)
_BUSY_SECONDS = 5.0
# Bid, ask and last that lie further apart than this are no market: a fill at one of them would be a gift.
_WIDEST = Decimal("1.2")
_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class BybitMarket:
    """One market of Bybit's: `linear` `BTCUSDT`."""

    category: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one ticker."""

    bid: Decimal
    ask: Decimal
    last: Decimal


@dataclass(frozen=True, slots=True)
class Tickers:
    """One answer: its rows as they came, by symbol, and the server's time."""

    server_time: datetime
    rows: Mapping[str, Any]


def market_of(*, kind: str, base: str, quote: str) -> BybitMarket | None:
    """Return the market that an instrument of this kind is on Bybit: its kind is the category, its pair the symbol.

    Perpetuals in USDC are called BTCPERP there. None for kinds that Bybit's tickers do not have.
    """
    if kind not in CATEGORIES:
        return None
    named_by_base = kind == Kind.LINEAR and quote == "USDC"
    return BybitMarket(category=kind, symbol=f"{base}PERP" if named_by_base else f"{base}{quote}")


def read_tickers(told: Mapping[str, Any], *, category: str) -> Tickers:
    """Return the rows of an answer. Raises SourceBusy, and SourceDown where it is not the sound answer asked for."""
    _check_code(told.get("retCode"))
    result = told.get("result")
    rows = result.get("list") if isinstance(result, dict) else None
    if not isinstance(result, dict) or result.get("category") != category or not isinstance(rows, list):
        raise SourceDown("the answer holds no tickers of the category that was asked for")
    by_symbol: dict[str, Any] = {}
    for row in rows:
        symbol = row.get("symbol") if isinstance(row, dict) else None
        if isinstance(symbol, str):
            # Twice in one list: which is true cannot be told.
            by_symbol[symbol] = None if symbol in by_symbol else row
    return Tickers(_time(told.get("time")), by_symbol)


def read_prices(row: Any) -> Prices | None:
    """Return a ticker's prices; None where one is missing or no price, bid is above ask, or they lie absurdly apart."""
    if not isinstance(row, dict):
        return None
    bid, ask, last = (_price(row.get(name)) for name in ("bid1Price", "ask1Price", "lastPrice"))
    if bid is None or ask is None or last is None or bid > ask or ask > bid * _WIDEST:
        return None
    if not bid / _WIDEST <= last <= ask * _WIDEST:
        return None
    return Prices(bid, ask, last)


def _check_code(code: Any) -> None:
    if type(code) is not int:
        raise SourceDown("the answer has no code")
    if code in _TOO_MANY_REQUESTS:
        raise SourceBusy(f"code {code}: too many requests", wait_seconds=_BUSY_SECONDS)
    if code != 0:
        raise SourceDown(f"code {str(code)[:12]}")


def _time(milliseconds: Any) -> datetime:
    if type(milliseconds) is not int or not 0 < milliseconds < _LATEST_MS:
        raise SourceDown("the answer has no time")
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _price(text: Any) -> Decimal | None:
    if not isinstance(text, str) or not _PRICE.fullmatch(text):
        return None
    price = Decimal(text)
    try:
        to_scaled(price, PRICE_SCALE)
    except NotExact:
        return None
    return price or None
