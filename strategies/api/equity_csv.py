"""The equity of a backtest as CSV, whole: one line a candle, all digits."""

from collections.abc import Iterator

import numpy as np

from strategies.backtest.results import BacktestResult

HEADER = b"timestamp,equity,position\n"
# Rows that are numbers of Python's own at a time: two million of them at once are 300 MB.
_PIECE = 50_000


def equity_csv(result: BacktestResult) -> bytes:
    """Return the file: the time of each candle's close in ISO 8601, equity and the signed size then."""
    return b"".join([HEADER, *_pieces(result)])


def _pieces(result: BacktestResult) -> Iterator[bytes]:
    for begin in range(result.first, len(result.opened_at), _PIECE):
        piece = slice(begin, begin + _PIECE)
        closed_at = (result.opened_at[piece] + result.interval) // 1_000
        times = np.datetime_as_string(closed_at.astype("datetime64[s]"), timezone="UTC").tolist()
        rows = zip(times, result.equity[piece].tolist(), result.position[piece].tolist(), strict=True)
        yield "".join([f"{time},{equity!r},{position!r}\n" for time, equity, position in rows]).encode()
