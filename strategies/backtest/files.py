"""How a finished backtest is kept: numpy's own compressed file; and how few points of it a chart is given."""

import io
import json
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.candles.series import Floats
from strategies.backtest.results import BacktestResult, Trades

_ARRAYS = ("opened_at", "equity", "position")
_OTHERS = tuple(field.name for field in fields(BacktestResult) if field.name not in (*_ARRAYS, "trades"))
_COLUMNS = tuple(field.name for field in fields(Trades))


def pack(result: BacktestResult) -> bytes:
    """Return a result as the bytes of an .npz: `opened_at`, `equity`, `position`, `trade_…` columns, `told` as JSON."""
    arrays: dict[str, Any] = {name: getattr(result, name) for name in _ARRAYS}
    arrays |= {f"trade_{name}": getattr(result.trades, name) for name in _COLUMNS}
    told = json.dumps({name: getattr(result, name) for name in _OTHERS})
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, told=np.frombuffer(told.encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


def unpack(data: bytes) -> BacktestResult:
    """Return the result that was packed, bit for bit."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        told = json.loads(file["told"].tobytes())
        trades = Trades(**{name: file[f"trade_{name}"] for name in _COLUMNS})
        return BacktestResult(trades=trades, **{name: file[name] for name in _ARRAYS}, **told)


def downsample(values: Floats, points: int) -> NDArray[np.intp]:
    """Return at most `points` (4 or more) places of values, ascending: the first, the last, and extremes in between.

    The lowest and the highest of all are always among them, and those of each of equal parts.
    """
    count = len(values)
    if count <= points:
        return np.arange(count)
    parts = np.array_split(np.arange(1, count - 1), max(1, (points - 4) // 2)) if points > 5 else []
    ends = [0, count - 1, int(np.argmin(values)), int(np.argmax(values))]
    inner = [int(part[pick(values[part])]) for part in parts for pick in (np.argmin, np.argmax)]
    return np.unique([*ends, *inner])
