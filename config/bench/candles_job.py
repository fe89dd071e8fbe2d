"""Candles, in a process with Django: reading, importing and making them, beside the driver and numpy alone."""

import gc
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from psycopg import Cursor

from config.bench.desks import SYMBOL
from market.candles.arrays import candle_arrays
from market.candles.series import COLUMNS, CandleSeries
from market.intervals import Interval
from market.models import CandleBlock, Instrument
from market.services.candle_files import export_candles, import_candles
from market.services.candles import store_candles
from market.services.shown_candles import Wanted, candle_page
from market.sources.synthetic_candles import market_of, synthetic_candles

START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR, DAYS = 525_600, 1_000
ROUNDS = 15


def measure(folder: str) -> dict[str, float]:
    """Measure on a year of minutes: medians of rounds that take turns, in milliseconds; the import in seconds."""
    instrument, now = Instrument.objects.get(symbol=SYMBOL, kind="linear"), timezone.now()
    store_candles(instrument, minutes(YEAR), now=now)
    saved = Path(folder) / "year.npy"
    series = read(instrument)
    np.save(saved, np.stack([getattr(series, name) for name in COLUMNS]))
    told = in_turns(
        {"arrays": lambda: read(instrument), "raw": lambda: raw(instrument), "load": lambda: np.load(saved)}
    )
    return {
        **told,
        "import": importing(instrument, Path(folder) / "year.csv", now=now),
        "days": days(instrument, now=now),
        "synthetic": synthetic(instrument),
    }


def minutes(count: int, *, start: datetime = START) -> CandleSeries:
    """Return a walk of so many minutes."""
    random = np.random.default_rng(1)
    opens = np.round(50_000 + random.normal(0, 5, count).cumsum(), 1)
    closes = np.round(opens + random.normal(0, 5, count), 1)
    opened_at = int(start.timestamp()) * 1_000 + np.arange(count, dtype=np.int64) * 60_000
    highs, lows = np.maximum(opens, closes) + 1, np.minimum(opens, closes) - 1
    return CandleSeries(Interval.M1, opened_at, opens, highs, lows, closes, np.round(random.uniform(0, 9, count), 3))


def read(instrument: Instrument) -> CandleSeries:
    """Read the year as a researcher does."""
    series = candle_arrays(instrument, Interval.M1, start=START, end=START + timedelta(days=365))
    if len(series) != YEAR:
        raise RuntimeError(f"{len(series)} candles instead of {YEAR}")
    return series


def raw(instrument: Instrument) -> int:
    """Fetch the bytes of the same rows by the driver; return how many."""
    blocks = CandleBlock.objects.filter(instrument=instrument, interval="1m").order_by("number").values_list("data")
    sql, params = blocks.query.sql_with_params()
    if connection.vendor == "sqlite":
        rows: Any = connection.connection.execute(sql.replace("%s", "?"), params).fetchall()
    else:
        with Cursor(connection.connection) as cursor:
            rows = cursor.execute(sql, params, binary=True).fetchall()
    return sum(len(data) for (data,) in rows)


def in_turns(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median milliseconds of each, run in turn."""
    took: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, task in work.items():
            gc.collect()
            began = time.perf_counter()
            task()
            took[name].append((time.perf_counter() - began) * 1_000)
    return {name: statistics.median(times) for name, times in took.items()}


def importing(instrument: Instrument, path: Path, *, now: datetime) -> float:
    """Return the seconds that the year takes from a CSV into an empty table."""
    with path.open("w") as file:
        file.writelines(export_candles(instrument, Interval.M1, start=None, end=None, now=now))
    CandleBlock.objects.all().delete()
    began = time.perf_counter()
    told = import_candles(instrument, Interval.M1, path, now=now, progress=lambda share, rows: None)
    took = time.perf_counter() - began
    if told.stored.added != YEAR:
        raise RuntimeError(f"{told} instead of {YEAR} candles")
    return took


def days(instrument: Instrument, *, now: datetime) -> float:
    """Return the milliseconds of a page of the last 1,000 days, of which minutes alone are stored."""
    store_candles(instrument, minutes(DAYS * 1_440, start=START - timedelta(days=DAYS - 365)), now=now)
    wanted = Wanted(Interval.D1, start=None, end=START + timedelta(days=365), limit=DAYS)
    return in_turns({"days": lambda: _whole(candle_page(instrument, wanted, now=now).series)})["days"]


def synthetic(instrument: Instrument) -> float:
    """Return the milliseconds of a year of minutes that are computed."""
    market, first = market_of(instrument), Interval.M1.first_from(START)
    if market is None:
        raise RuntimeError(f"{instrument} has no reference price")
    began = time.perf_counter()
    synthetic_candles(market, Interval.M1, first=first, end=first + YEAR)
    return (time.perf_counter() - began) * 1_000


def _whole(series: CandleSeries) -> None:
    if len(series) != DAYS:
        raise RuntimeError(f"{len(series)} candles instead of {DAYS}")
