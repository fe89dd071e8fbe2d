"""Binance's own lists of its markets: spot, and perpetuals in dollars; dated futures are left out.

Source: Binance API, 'Exchange Information'. The leverage of a perpetual is what its required margin allows: the caps
by size stand behind a key.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.exact import plain
from market.kinds import Kind
from market.sources.base import SourceDown
from market.sources.binance import BinanceVenue
from market.sources.listed import ListedMarket, MarketList, read_market, read_rows
from market.sources.numbers import amount
from market.sources.patient import PatientReader


class BinanceMarkets:
    """Reads the list of one venue; may be shared by threads."""

    def __init__(self, venue: BinanceVenue, reader: PatientReader) -> None:
        self.kinds = (venue.kind.value,)
        self._venue = venue
        self._reader = reader

    def instruments(self, kind: str) -> MarketList:
        """Return all markets that are traded now. Raises SourceDown, SourceBusy, SourceRefused."""
        return self._reader.read(
            kind, self._venue.url("exchangeInfo"), {}, understand=lambda told: read_list(told, kind)
        )


def read_list(told: Any, kind: str) -> MarketList:
    """Return the markets of a list that are traded now; the others are left out, the unsound named.

    Raises SourceDown where it is no list, or an empty one.
    """
    rows = told.get("symbols") if isinstance(told, dict) else None
    if not isinstance(rows, list) or not rows:
        raise SourceDown("the answer holds no markets")
    return read_rows(rows, kind=kind, is_ours=_is_ours, read=_market)


def _is_ours(row: Mapping[str, Any], kind: str) -> bool:
    if row.get("status") != "TRADING":
        return False
    return kind == Kind.SPOT or row.get("contractType") == "PERPETUAL"


def _market(row: Mapping[str, Any], kind: str) -> ListedMarket | None:
    told = row.get("filters")
    filters = (
        {each.get("filterType"): each for each in told if isinstance(each, dict)} if isinstance(told, list) else {}
    )
    lots, market_lots = filters.get("LOT_SIZE", {}), filters.get("MARKET_LOT_SIZE", {})
    least = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    is_spot = kind == Kind.SPOT
    return read_market(
        {
            "symbol": row.get("symbol"),
            "base": row.get("baseAsset"),
            "quote": row.get("quoteAsset"),
            "settle": row.get("quoteAsset" if is_spot else "marginAsset"),
        },
        {
            "tick_size": filters.get("PRICE_FILTER", {}).get("tickSize"),
            "lot_size": lots.get("stepSize"),
            "min_quantity": lots.get("minQty"),
            "min_notional": least.get("minNotional", least.get("notional")),
        },
        kind=kind,
        largest_order=market_lots.get("maxQty", lots.get("maxQty")),
        leverage="1" if is_spot else _leverage(row.get("requiredMarginPercent")),
    )


def _leverage(percent: Any) -> str | None:
    required = amount(percent, 8)
    return plain(Decimal(int(100 / required))) if required else None
