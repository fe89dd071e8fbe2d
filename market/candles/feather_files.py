"""Reading candles from feather files, where pyarrow is installed."""

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.candles.csv_files import BATCH, BadCandleFile, Batch, places_of, units_of_a_millisecond
from market.candles.series import Milliseconds


def read_feather(path: Path) -> Iterator[Batch]:
    """Yield the rows of a feather file, as freqtrade keeps candles: date, open, high, low, close, volume."""
    if importlib.util.find_spec("pyarrow") is None:
        raise BadCandleFile("Feather needs pyarrow, which is not installed: `pip install pyarrow`, or give a CSV.")
    feather: Any = importlib.import_module("pyarrow.feather")
    try:
        table = feather.read_table(path)
    except (OSError, ValueError) as error:  # pyarrow's own are both
        raise BadCandleFile("The file is no feather file.") from error
    places = places_of(table.column_names)
    if places is None:
        raise BadCandleFile("The file's columns have no names.")
    time, *columns = (table.column(place).to_numpy() for place in places)
    if not len(time):
        raise BadCandleFile("The file holds no candles.")
    if not all(np.issubdtype(column.dtype, np.number) for column in columns):
        raise BadCandleFile("The file's prices or volumes are no numbers.")
    opened_at = _moments(time)
    for start in range(0, len(time), BATCH):
        here = slice(start, start + BATCH)
        yield Batch(
            lines=np.arange(start, start + len(time[here]), dtype=np.int64) + 1,
            opened_at=opened_at[here],
            values=np.stack([np.asarray(column[here], dtype=np.float64) for column in columns]),
            share=min(1.0, (start + BATCH) / len(time)),
        )


def _moments(time: NDArray[Any]) -> Milliseconds:
    if np.issubdtype(time.dtype, np.datetime64):
        return np.asarray(time.astype("datetime64[ms]").astype(np.int64))
    return np.asarray((time.astype(np.float64) / units_of_a_millisecond(float(time[0]))).astype(np.int64))
