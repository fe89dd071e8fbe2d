"""Reading candles from CSV, with a header, or as Binance dumps them without: batch by batch, nothing judged."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from core.errors import AppError
from market.candles.series import COLUMNS, Floats, Milliseconds
from market.intervals import Interval

BATCH = 65_536
UNREADABLE = -1

# Names of the opening time, in the order in which one is chosen where a file has several.
_TIMES = ("timestamp", "open_time", "opentime", "open time", "start_time", "time", "date", "datetime", "unix", "ts")
_NAMES = {name: (name, name[0], f"{name} price") for name in COLUMNS}
_BINANCE_COLUMNS = 12
_CLOSES_AT = 6
# From 1973 to 5138 the digits tell seconds from milliseconds, microseconds and nanoseconds.
_UNITS = ((1e11, 0.001), (1e14, 1), (1e17, 1_000), (1e20, 1_000_000))


class BadCandleFile(AppError):
    """The file as a whole cannot be read; nothing of this batch was stored."""

    code = "BAD_CANDLE_FILE"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as they were read: `lines` (n,) of the file, `opened_at` (n,) milliseconds, `values` (5, n).

    What could not be read is UNREADABLE, or NaN. `share` is how much of the file is behind, from 0 to 1.
    """

    lines: NDArray[np.int64]
    opened_at: Milliseconds
    values: Floats
    share: float


def read_csv(path: Path, interval: Interval) -> Iterator[Batch]:
    """Yield what a file holds, BATCH rows at a time. Raises BadCandleFile."""
    with path.open("rb") as raw:
        try:
            yield from _csv(raw, path.stat().st_size, interval)
        except UnicodeDecodeError as error:
            raise BadCandleFile("The file is no text in UTF-8.") from error
        except csv.Error as error:
            raise BadCandleFile(f"The file is no CSV: {error}.") from error


def _csv(raw: IO[bytes], size: int, interval: Interval) -> Iterator[Batch]:
    lines = _texts(raw)
    first = next(lines, "")
    delimiter = max(",;\t", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    named = places_of(header)
    places = named or _binance_places(header, interval)
    reader = csv.reader(lines if named else chain([first], lines), delimiter=delimiter)
    rows = ((reader.line_num + bool(named), row) for row in reader if row)
    told = list(islice(rows, BATCH))
    if not told:
        raise BadCandleFile("The file holds no candles.")
    first_row = told[0][1]
    unit = _unit(first_row[places[0]] if len(first_row) > places[0] else "")
    while told:
        yield _batch(told, places, unit, share=min(1.0, raw.tell() / size))
        told = list(islice(rows, BATCH))


def _texts(raw: IO[bytes]) -> Iterator[str]:
    """Yield lines; unlike a TextIOWrapper it lets the file be asked how far it is."""
    for number, line in enumerate(raw):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8")


def places_of(header: Sequence[str]) -> list[int] | None:
    """Return where time, open, high, low, close and volume stand; None where the first line is no header.

    Raises BadCandleFile for a header that lacks one.
    """
    names = [cell.strip().lower() for cell in header]
    if not any(name.isidentifier() for name in names):
        return None
    wanted = {"time": _TIMES, **_NAMES}
    found = {what: next((names.index(name) for name in known if name in names), None) for what, known in wanted.items()}
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise BadCandleFile(f"The header names {', '.join(doubled)} twice.")
    lacking = [what for what, place in found.items() if place is None]
    if lacking:
        raise BadCandleFile(f"The header names no {', no '.join(lacking)}.")
    return [place for place in found.values() if place is not None]


def _binance_places(row: Sequence[str], interval: Interval) -> list[int]:
    """Return the columns of Binance's dumps: twelve, the seventh says when the candle closes. Raises BadCandleFile."""
    numbers = [_number(cell) for cell in row]
    is_dump = len(row) == _BINANCE_COLUMNS and not math.isnan(numbers[0] + numbers[_CLOSES_AT])
    if is_dump:
        factor = units_of_a_millisecond(numbers[0])
        lasts = (numbers[_CLOSES_AT] + 1 - numbers[0]) / factor / 1_000
        is_dump = lasts == interval.seconds
    if not is_dump:
        raise BadCandleFile(f"The file has no header, and is no dump of Binance's of {interval.value}.")
    return list(range(len(COLUMNS) + 1))


def _unit(text: str) -> float | None:
    number = _number(text)
    return None if math.isnan(number) else units_of_a_millisecond(number)


def units_of_a_millisecond(number: float) -> float:
    """Return how many of a file's units of time a millisecond is; 1 for none that is known."""
    return next((factor for most, factor in _UNITS if abs(number) < most), 1)


def _batch(told: Sequence[tuple[int, list[str]]], places: Sequence[int], unit: float | None, *, share: float) -> Batch:
    width = max(places) + 1
    rows = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for _, row in told]
    time, *columns = ([row[place] for row in rows] for place in places)
    return Batch(
        lines=np.array([line for line, _ in told], dtype=np.int64),
        opened_at=_moments(time, unit),
        values=np.stack([_numbers(column) for column in columns]),
        share=share,
    )


def _moments(texts: Sequence[str], factor: float | None) -> Milliseconds:
    """Return times as milliseconds: numbers in the unit of the file's first row, else ISO 8601, UTC if it says none."""
    if factor is None:
        return np.array([_iso(text) for text in texts], dtype=np.int64)
    numbers = _numbers(texts)
    fits = np.array(~np.isnan(numbers) & (numbers > 0))
    told = np.where(fits, numbers, 0) / factor
    fits &= (told >= _UNITS[0][0]) & (told < _UNITS[1][0]) & (told == np.floor(told))
    return np.where(fits, told, UNREADABLE).astype(np.int64)


def _iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return UNREADABLE
    told = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000
    return int(told) if told.is_integer() and told >= 0 else UNREADABLE


def _numbers(texts: Sequence[str]) -> Floats:
    """Return numbers, NaN where a text is none."""
    try:
        if "_" not in "".join(texts):  # 1_000 is a number to Python only
            return np.array(list(map(float, texts)))
    except ValueError:
        pass
    return np.array([_number(text) for text in texts])


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
