"""The candles of a file for a command that stores nothing: all sound ones, or a refusal that says what is wrong."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core.errors import Invalid
from market.candles.checking import FileCheck, Trouble
from market.candles.csv_files import BadCandleFile, read_csv
from market.candles.feather_files import read_feather
from market.candles.making import joined_series
from market.candles.series import CandleSeries
from market.intervals import Interval


class UnsoundCandles(Invalid):
    """The file holds rows that are no closed candles of the interval."""

    code = "UNSOUND_CANDLES"


def candles_of_file(
    path: Path, interval: Interval, *, now: datetime, progress: Callable[[float], None]
) -> CandleSeries:
    """Return the candles of a file, ascending; `progress` is told the share that is read.

    Raises BadCandleFile, and UnsoundCandles where a row is bad, misaligned, told twice, out of order or not over at
    `now`: a run on what is left would look like a run on all of it.
    """
    if not path.is_file():
        raise BadCandleFile(f"There is no file {path}.")
    check = FileCheck(interval, now_milliseconds=int(now.timestamp() * 1_000))
    pieces = []
    for batch in read_feather(path) if path.suffix.lower() == ".feather" else read_csv(path, interval):
        pieces.append(check.sound(batch))
        progress(batch.share)
    wrong = [_told(kind, trouble) for kind, trouble in check.troubles.items() if trouble.count]
    if wrong:
        said = f"Not every row of {path.name} is a closed candle of {interval.value}, one after another"
        raise UnsoundCandles(f"{said}: {'; '.join(wrong)}.")
    return joined_series(pieces)


def _told(kind: str, trouble: Trouble) -> str:
    more = " …" if trouble.count > len(trouble.lines) else ""
    return f"{trouble.count:,} {kind} (line {', '.join(map(str, trouble.lines))}{more})"
