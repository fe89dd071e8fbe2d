"""Candles of Binance's past, spot and perpetuals in dollars.

Source: Binance API, 'Kline/Candlestick Data': oldest first, the last one still open; `endTime` is included. An answer
tells no time of the server, so what closed a moment ago on our clock is left for the next time. 3d is left out: how its
candles are laid is not documented.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from core.clock import Clock
from market.intervals import Interval
from market.models import Instrument
from market.sources.base import FetchedCandles, SourceDown
from market.sources.binance import BinanceVenue, market_of
from market.sources.klines import narrowed_start, read_candles
from market.sources.patient import PatientReader
from market.sources.server_clock import TOLERANCE

INTERVALS = frozenset(Interval) - {Interval.D3}


class BinanceCandles:
    """Reads candles of one venue; may be shared by threads."""

    most_candles = 1000

    def __init__(self, venue: BinanceVenue, reader: PatientReader, *, clock: Clock = timezone.now) -> None:
        self._venue = venue
        self._reader = reader
        self._clock = clock

    def intervals(self, instrument: Instrument) -> frozenset[Interval]:
        """Return the intervals that the venue has candles of, of this instrument."""
        return INTERVALS if market_of(instrument, self._venue) else frozenset()

    def candles(self, instrument: Instrument, interval: Interval, *, start: datetime, end: datetime) -> FetchedCandles:
        """Return the closed candles that open from `start` to before `end`, at most the last `most_candles` of them.

        Raises SourceDown, SourceBusy, SourceRefused; ValueError where `intervals` does not have the interval.
        """
        market = market_of(instrument, self._venue)
        if market is None or interval not in INTERVALS:
            raise ValueError(f"{self._venue.name} has no candles of {instrument.symbol} and {interval}")
        start = narrowed_start(interval, start=start, end=end, most=self.most_candles)
        asked_at = self._clock()
        params = {
            "symbol": market.symbol,
            "interval": interval.value,
            "startTime": _milliseconds(start),
            "endTime": _milliseconds(end - timedelta(milliseconds=1)),
            "limit": str(self.most_candles),
        }
        rows = self._reader.read(market.category, self._venue.url("klines"), params, understand=_rows)
        return read_candles(rows, interval=interval, start=start, end=end, closed_by=asked_at - TOLERANCE)


def _rows(told: Any) -> list[Any]:
    if not isinstance(told, list):
        raise SourceDown("the answer is no list of candles")
    return told


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
