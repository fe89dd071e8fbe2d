"""The command's section of the table: from `manage.py backtest` to the printed result, cold, beside vectorbt's script.

YARDSTICKS names the Python of a virtual environment with vectorbt; without it ours stands alone. What numba compiled
is kept from a first start, as vectorbt's is; both read their candles from where they are kept.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk
from config.tests.processes import ROOT

ROUNDS = 3
LEAST = 4
COMMAND = ("manage.py", "backtest", "--rule", "sma_cross", "--symbol", "BTCUSDT", "--interval", "1m")
# As the script has it: fees alone.
FREE = ("--start", "2025-01-01", "--commission", "0.001", "--slippage-model", "none", "--spread", "0")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one process: on the clock, and of a processor."""

    wall: float
    cpu: float


def measure(place: Place) -> Figures:
    """Return the least seconds of processes that take turns, on a year of minutes."""
    yardsticks = os.environ.get("YARDSTICKS", "")
    with fresh_desk(place) as desk:
        in_child("config.bench.command_job:keep_candles", env=desk.env, folder=str(desk.folder))
        ours = [sys.executable, *COMMAND, *FREE]
        theirs = [yardsticks, str(ROOT / "config/bench/cold_yardstick.py"), str(desk.folder / "year.npz")]
        commands = {"ours": ours, **({"theirs": theirs} if yardsticks else {})}
        # The command chooses its settings itself.
        env = {name: value for name, value in desk.env.items() if name != "DJANGO_SETTINGS_MODULE"}
        for command in commands.values():
            _run(command, env)
        rounds = [{name: _run(command, env) for name, command in commands.items()} for _ in range(ROUNDS)]
    least = {
        name: Took(min(each[name].wall for each in rounds), min(each[name].cpu for each in rounds)) for name in commands
    }
    return _figures(least)


def _figures(least: dict[str, Took]) -> Figures:
    ours, theirs = least["ours"], least.get("theirs")
    note = f"525,600 candles; {ours.cpu:.2f} s of a processor"
    figures = {"manage.py backtest, cold, to the printed result": Figure(ours.wall, "s", note=note)}
    if theirs is None:
        return figures | {"vectorbt's script": Figure(0, "", note="absent: YARDSTICKS names no Python that has it")}
    return figures | {
        "vectorbt's script, cold": Figure(
            theirs.wall, "s", ours.wall, at_least=LEAST, note=f"floor: ours; {theirs.cpu:.2f} s of a processor"
        ),
        "the same in seconds of a processor": Figure(
            theirs.cpu, "s", ours.cpu, at_least=LEAST, note="floor: ours; what others take of the machine is not in it"
        ),
    }


def _run(command: list[str], env: dict[str, str]) -> Took:
    """Run a process to its end. Raises RuntimeError where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=Path(ROOT), env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[:2]} ended with {process.returncode}")
    return Took(took, usage.ru_utime + usage.ru_stime)
