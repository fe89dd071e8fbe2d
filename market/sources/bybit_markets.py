"""Bybit's own list of its markets: spot, perpetuals and options, page after page.

Source: Bybit V5 API, 'Get Instruments Info'. Its linear and inverse lists hold dated futures too: those are left out,
for nothing here delivers them. Options come one coin at a time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from market.kinds import Kind
from market.sources.addresses import base_url
from market.sources.base import SourceDown
from market.sources.bybit_envelope import Page, read_page
from market.sources.bybit_tickers import CATEGORIES, VENUE
from market.sources.listed import ListedMarket, MarketList, read_market, read_rows
from market.sources.numbers import moment
from market.sources.patient import PatientReader

OPTION_COINS = ("BTC", "ETH", "SOL", "XRP", "MNT", "DOGE")

_PAGE_ROWS = "1000"
_MOST_PAGES = 50
_PERPETUALS = {Kind.LINEAR: "LinearPerpetual", Kind.INVERSE: "InversePerpetual"}


class BybitMarkets:
    """Reads the lists; may be shared by threads."""

    kinds = CATEGORIES

    def __init__(self, reader: PatientReader) -> None:
        self._reader = reader

    def instruments(self, kind: str) -> MarketList:
        """Return all markets of a kind that are traded now. Raises SourceDown, SourceBusy, SourceRefused."""
        coins = OPTION_COINS if kind == Kind.OPTION else (None,)
        rows = [row for coin in coins for row in self._rows(kind, coin)]
        if not rows:
            raise SourceDown(f"the list of {kind} markets is empty")
        return read_list(rows, kind=kind)

    def _rows(self, kind: str, coin: str | None) -> Iterable[Any]:
        params = {"category": kind, **({"baseCoin": coin} if coin else {})}
        if kind != Kind.SPOT:  # spot has no pages
            params["limit"] = _PAGE_ROWS
        for _ in range(_MOST_PAGES):
            page = self._page(kind, params)
            yield from page.rows
            if not page.cursor or page.cursor == params.get("cursor"):
                return
            params["cursor"] = page.cursor
        raise SourceDown(f"the list of {kind} markets has no end")

    def _page(self, kind: str, params: Mapping[str, str]) -> Page:
        url = f"{base_url(VENUE)}/v5/market/instruments-info"
        return self._reader.read(kind, url, params, understand=lambda told: read_answer(told, kind=kind))


def read_answer(told: Any, *, kind: str) -> Page:
    """Return a page of the list. Raises SourceDown, SourceBusy, SourceRefused."""
    if not isinstance(told, dict):
        raise SourceDown("the answer is not a JSON object")
    return read_page(told, category=kind)


def read_list(rows: Iterable[Any], *, kind: str) -> MarketList:
    """Return the markets of a list's rows that are traded now; the others are left out, the unsound named."""
    return read_rows(rows, kind=kind, is_ours=_is_ours, read=_market)


def _is_ours(row: Mapping[str, Any], kind: str) -> bool:
    contract = _PERPETUALS.get(Kind(kind))
    return row.get("status") == "Trading" and (contract is None or row.get("contractType") == contract)


def _market(row: Mapping[str, Any], kind: str) -> ListedMarket | None:
    steps, prices, limits = (_part(row, name) for name in ("lotSizeFilter", "priceFilter", "leverageFilter"))
    is_spot = kind == Kind.SPOT
    return read_market(
        {
            "symbol": row.get("symbol"),
            "base": row.get("baseCoin"),
            "quote": row.get("quoteCoin"),
            "settle": row.get("quoteCoin" if is_spot else "settleCoin"),
        },
        {
            "tick_size": prices.get("tickSize"),
            "lot_size": steps.get("basePrecision" if is_spot else "qtyStep"),
            "min_quantity": steps.get("minOrderQty"),
            "min_notional": steps.get("minOrderAmt" if is_spot else "minNotionalValue"),
        },
        kind=kind,
        largest_order=steps.get("maxMarketOrderQty" if is_spot else "maxMktOrderQty", steps.get("maxOrderQty")),
        leverage=limits.get("maxLeverage", "1"),
        expires_at=_milliseconds(row.get("deliveryTime")) if kind == Kind.OPTION else None,
    )


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = row.get(name)
    return part if isinstance(part, dict) else {}


def _milliseconds(text: Any) -> datetime | None:
    return moment(int(text)) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 15 else None
