"""The sweep's section of the table: 1,000 pairs of averages on 100,000 candles, beside vectorbt; and its memory.

YARDSTICKS names the Python of a virtual environment with vectorbt 1.2; without it only memory and time are told.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from config.bench.figures import Figure, Figures
from config.bench.places import Place
from config.tests.processes import ROOT

LEAST_VECTORBT = 100
MEMORY_MIB = 300


def measure(place: Place) -> Figures:
    """Return what a sweep takes in a process of its own; no database is in it, so it is measured once."""
    if place.database_url:
        return {}
    yardsticks = os.environ.get("YARDSTICKS", "")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # By its file: as a part of the project it would bring along what a run's process does not have.
        command = [sys.executable, str(ROOT / "config/bench/sweep_job.py"), folder]
        # The first fills the cache of compiled code, which is not part of a sweep.
        _answer(command)
        ours = _answer(command)
        theirs = _answer([yardsticks, str(ROOT / "config/bench/sweep_yardstick.py"), folder]) if yardsticks else {}
        return {**_ours(ours), **_theirs(ours, theirs, Path(folder))}


def _ours(ours: dict[str, Any]) -> Figures:
    note = f"{ours['runs']:,} runs, {ours['trades']:,} trades, {ours['threads']} threads"
    return {
        "a sweep, every figure of every run": Figure(ours["seconds"] * 1000, "ms", note=note),
        "the same, ready to run again": Figure(ours["again_seconds"] * 1000, "ms", note="median of five"),
        "memory of its process at most": Figure(ours["memory"], "MiB", limit=MEMORY_MIB),
    }


def _theirs(ours: dict[str, Any], theirs: dict[str, Any], folder: Path) -> Figures:
    if not theirs:
        return {"vectorbt": Figure(0, "", note="absent: YARDSTICKS names no Python that has it")}
    mine, other = np.load(folder / "ours.npy"), np.load(folder / "theirs.npy")
    apart = int(np.count_nonzero(np.abs(mine - other) > 1e-9 * np.abs(mine)))
    milliseconds, version = theirs["seconds"] * 1000, theirs["version"]
    return {
        "the same by vectorbt": Figure(
            milliseconds, "ms", ours["again_seconds"] * 1000, at_least=LEAST_VECTORBT, note=f"{version}; floor: ours"
        ),
        "processor time of it": Figure(
            theirs["worked_seconds"] * 1000, "ms", ours["worked_seconds"] * 1000, note="of all threads; floor: ours"
        ),
        "its memory": Figure(theirs["memory"], "MiB", ours["memory"]),
        "runs that end with other money": Figure(apart, "", limit=0),
    }


def _answer(command: list[str]) -> Any:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])
