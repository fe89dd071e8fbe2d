"""Candles of Bybit's past: spot, linear and inverse; it has none of options.

Source: Bybit V5 API, 'Get Kline': newest first, the last one still open; `end` is included; on inverse markets the
volume is in dollars and the turnover in the coin.
"""

from datetime import datetime, timedelta
from typing import Any

from market.intervals import Interval
from market.kinds import Kind
from market.models import Instrument
from market.sources.addresses import base_url
from market.sources.base import FetchedCandles, SourceDown
from market.sources.bybit_envelope import Page, read_page
from market.sources.bybit_tickers import VENUE, BybitMarket, market_of_instrument
from market.sources.klines import narrowed_start, read_candles
from market.sources.patient import PatientReader

NAMES = {
    Interval.M1: "1",
    Interval.M3: "3",
    Interval.M5: "5",
    Interval.M15: "15",
    Interval.M30: "30",
    Interval.H1: "60",
    Interval.H2: "120",
    Interval.H4: "240",
    Interval.H6: "360",
    Interval.H12: "720",
    Interval.D1: "D",
    Interval.W1: "W",
}

_VOLUME, _TURNOVER = 5, 6


class BybitCandles:
    """Reads candles; may be shared by threads."""

    most_candles = 1000

    def __init__(self, reader: PatientReader) -> None:
        self._reader = reader

    def intervals(self, instrument: Instrument) -> frozenset[Interval]:
        """Return the intervals that Bybit has candles of, of this instrument."""
        return frozenset(NAMES) if _market(instrument) else frozenset()

    def candles(self, instrument: Instrument, interval: Interval, *, start: datetime, end: datetime) -> FetchedCandles:
        """Return the closed candles that open from `start` to before `end`, at most the last `most_candles` of them.

        Raises SourceDown, SourceBusy, SourceRefused; ValueError where `intervals` does not have the interval.
        """
        market = _market(instrument)
        if market is None or interval not in NAMES:
            raise ValueError(f"Bybit has no candles of {instrument.symbol} and {interval}")
        start = narrowed_start(interval, start=start, end=end, most=self.most_candles)
        params = {
            "category": market.category,
            "symbol": market.symbol,
            "interval": NAMES[interval],
            "start": _milliseconds(start),
            "end": _milliseconds(end - timedelta(milliseconds=1)),
            "limit": str(self.most_candles),
        }
        page = self._reader.read(
            market.category,
            f"{base_url(VENUE)}/v5/market/kline",
            params,
            understand=lambda told: _read_answer(told, market),
        )
        return read_candles(
            page.rows,
            interval=interval,
            start=start,
            end=end,
            closed_by=page.server_time,
            volume_at=_TURNOVER if market.category == Kind.INVERSE else _VOLUME,
        )


def _market(instrument: Instrument) -> BybitMarket | None:
    market = market_of_instrument(instrument)
    return None if market is None or market.category == Kind.OPTION else market


def _read_answer(told: Any, market: BybitMarket) -> Page:
    if not isinstance(told, dict):
        raise SourceDown("the answer is not a JSON object")
    page = read_page(told, category=market.category)
    if told["result"].get("symbol") != market.symbol:
        raise SourceDown("the answer is about another symbol")
    return page


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
