"""What a child process is handed, as it finds it: files of a folder, terms in JSON. Nothing of Django."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from market.candles.series import COLUMNS, CandleSeries
from market.intervals import Interval
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing

CANDLES = "candles.npz"
RESULT = "result.npz"
TARGETS = "targets.npy"


def part_file(folder: Path, number: int) -> Path:
    """Return where what a part of a sweep found is handed over."""
    return folder / f"part-{number}.npz"


def write_candles(series: CandleSeries, path: Path) -> None:
    """Write candles as numpy's own file."""
    np.savez(path, allow_pickle=False, **{name: getattr(series, name) for name in ("opened_at", *COLUMNS)})


def read_candles(request: Mapping[str, Any]) -> CandleSeries:
    """Return the candles that were handed over."""
    with np.load(Path(request["folder"]) / CANDLES, allow_pickle=False) as file:
        columns = {name: file[name] for name in ("opened_at", *COLUMNS)}
    return CandleSeries(Interval(request["interval"]), **columns)


def read_terms(request: Mapping[str, Any]) -> tuple[Market, RunSettings]:
    """Return the market and the settings that were handed over as plain JSON."""
    told = dict(request["settings"])
    sizing, costs = Sizing(**told.pop("sizing")), Costs(**told.pop("costs"))
    return Market(**request["market"]), RunSettings(sizing=sizing, costs=costs, **told)
