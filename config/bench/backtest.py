"""Backtests' section of the table: one run beside a bare pass, and beside vectorbt and backtesting.py, trade by trade.

YARDSTICKS names the Python of a virtual environment with vectorbt 1.2 and backtesting.py 0.6; OHLCV a folder with
backtestingpy_GOOG.csv. What is not there is told as absent.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config.bench.figures import Figure, Figures
from config.bench.places import Place
from config.tests.processes import ROOT
from config.tests.recordings import CANDLES

LIMIT = 3
LEAST_VECTORBT, LEAST_BACKTESTING = 20, 250
GOOG = "backtestingpy_GOOG.csv"


def measure(place: Place) -> Figures:
    """Return milliseconds of a run and of what others take for less; no database is in it, so it is measured once."""
    if place.database_url:
        return {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = _answer([sys.executable, "-m", "config.bench.backtest_job", folder, _goog()])
        yardsticks = os.environ.get("YARDSTICKS", "")
        script = ROOT / "config/bench/yardsticks.py"
        theirs = _answer([yardsticks, str(script), folder]) if yardsticks else {}
    return {**_speed(ours), **_others(ours, theirs)}


def _speed(ours: dict[str, Any]) -> Figures:
    figures: Figures = {}
    for lengths, told in ours["speed"].items():
        what, trades = f"SMA cross {lengths}", f"{told['trades']:,} trades"
        figures |= {
            f"{what}: rule and run, all on": Figure(
                told["all"], "ms", told["bare"], LIMIT, note=f"525,600 candles, {trades}; floor: one pass, fees only"
            ),
            f"{what}: the run alone": Figure(told["run"], "ms", told["bare"], LIMIT, note="targets given"),
            f"{what}: the rule": Figure(told["rule"], "ms", note="TA-Lib"),
            f"{what}: all figures of it": Figure(told["metrics"], "ms"),
        }
    return figures


def _others(ours: dict[str, Any], theirs: dict[str, Any]) -> Figures:
    """Return what the yardsticks took beside us, and how many of their trades are not ours."""
    if not theirs:
        return {"vectorbt, backtesting.py": Figure(0, "", note="absent: YARDSTICKS names no Python that has them")}
    all_on = ours["speed"]["10, 30"]["all"]
    figures: Figures = {
        f"the same by {name}, fees only": Figure(theirs["speed"][name], "ms", all_on, at_least=least, note=version)
        for (name, version), least in zip(theirs["versions"].items(), (LEAST_VECTORBT, LEAST_BACKTESTING), strict=True)
    }
    for data, trades in ours["trades"].items():
        for name in theirs["versions"]:
            lacking, why = differing(trades, theirs["trades"][data][name])
            note = why or f"{len(trades):,} trades: times, sides, prices, profits after fees"
            figures[f"{data}: trades that {name} has otherwise"] = Figure(lacking, "", limit=0, note=note)
    if "GOOG" not in ours["trades"]:
        figures["GOOG"] = Figure(0, "", note=f"absent: OHLCV names no folder with {GOOG}")
    return figures


def differing(ours: list[list[float]], theirs: list[list[float]]) -> tuple[int, str]:
    """Return how many trades (in, out, price in, price out, profit) are not alike, and the first of them in words."""
    apart = [
        pair
        for pair in zip(ours, theirs, strict=False)
        if any(abs(mine - other) > 1e-6 * max(1.0, abs(mine)) for mine, other in zip(*pair, strict=True))
    ]
    count = len(apart) + abs(len(ours) - len(theirs))
    if apart:
        return count, f"ours {apart[0][0]}, theirs {apart[0][1]}"
    return count, f"ours are {len(ours)}, theirs {len(theirs)}" if count else ""


def _goog() -> str:
    """Return the path of the file, or nothing where it is not there."""
    path = Path(os.environ.get("OHLCV") or CANDLES) / GOOG
    return str(path) if path.exists() else ""


def _answer(command: list[str]) -> Any:
    environment = {**os.environ, "TQDM_DISABLE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])
