"""Candles from files and into files: what is wrong with a file is counted and told, never mended."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from market.candles.book import candle_book
from market.candles.checking import FileCheck, Trouble
from market.candles.csv_files import BadCandleFile, read_csv
from market.candles.feather_files import read_feather
from market.candles.runs import cut
from market.candles.series import COLUMNS
from market.intervals import Interval
from market.models import Instrument
from market.services.candles import Stored, store_candles

HEADER = ",".join(("timestamp", *COLUMNS)) + "\n"
# Candles of one piece of an export.
_PIECE = 50_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `gaps` are the holes between its candles, in milliseconds from and to."""

    rows: int
    stored: Stored
    troubles: dict[str, Trouble]
    gaps: list[tuple[int, int]]


def import_candles(
    instrument: Instrument, interval: Interval, path: Path, *, now: datetime, progress: Callable[[float, int], None]
) -> Imported:
    """Store the sound candles of a file, batch by batch; `progress` is told the share that is done and the rows read.

    Candles that are stored already are replaced where they differ. An import that was cut off is simply begun anew:
    what it stored is found unchanged. Raises BadCandleFile.
    """
    if not path.is_file():
        raise BadCandleFile(f"There is no file {path}.")
    check = FileCheck(interval, now_milliseconds=int(now.timestamp() * 1_000))
    told = Stored(0, 0, 0)
    for batch in read_feather(path) if path.suffix.lower() == ".feather" else read_csv(path, interval):
        told = told.and_also(store_candles(instrument, check.sound(batch), now=now))
        progress(batch.share, check.rows)
    return Imported(check.rows, told, check.troubles, check.gaps())


def export_candles(
    instrument: Instrument, interval: Interval, *, start: datetime | None, end: datetime | None, now: datetime
) -> Iterator[str]:
    """Yield the lines of a CSV of the candles that open from `start` to before `end`, its header first.

    Times are milliseconds; numbers have all their digits, so that an import reads the same floats.
    """
    book = candle_book(instrument, interval, now=now)
    first = interval.first_from(start) if start else min((run.first for run in book.runs), default=0)
    stop = interval.first_from(end) if end else max((run.end for run in book.runs), default=0)
    yield HEADER
    for run in cut(book.runs, first=first, end=stop):
        for begin in range(run.first, run.end, _PIECE):
            series = book.read(first=begin, end=min(run.end, begin + _PIECE))
            columns = [getattr(series, name).tolist() for name in ("opened_at", *COLUMNS)]
            yield from (",".join(map(repr, row)) + "\n" for row in zip(*columns, strict=True))
