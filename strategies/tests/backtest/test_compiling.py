"""Compiled code says what the engine says, is kept between processes, and is not kept where it would be stale."""

import math
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from strategies.backtest.compiling import compiled
from trading.engine.noise import draw, noise

ROOT = Path(__file__).resolve().parents[3]
NOTHING_OF_DJANGO = """
import sys
import numpy as np
from market.candles.series import CandleSeries
from market.intervals import Interval
from strategies.backtest.kernel import run_bars
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
ones = np.ones(3)
series = CandleSeries(Interval.H1, np.arange(3) * 3_600_000, ones, ones, ones, ones, ones)
settings = RunSettings(100, Sizing("fixed", 1), Costs())
print(run_backtest(series, ones, market=Market(max_leverage=9), settings=settings).position[-1])
print(sum(run_bars.stats.cache_hits.values()))
print("apps" in dir(sys.modules["django"]) and sys.modules["django"].apps.apps.ready)
"""
CODE = "from strategies.backtest import compiling; print(compiling._IS_KEPT, compiling.numba.config.CACHE_DIR)"


@compiled
def compiled_draws(seeds, instrument, milliseconds, leg):
    drawn = np.empty(len(seeds), dtype=np.int64)
    for place in range(len(seeds)):
        drawn[place] = draw(seeds[place], instrument, milliseconds, leg)
    return drawn


@compiled
def compiled_noise(span, drawn):
    return noise(span, drawn)


@compiled
def compiled_floor(number, step):
    return number // step


def python(code: str, *, cwd: Path = ROOT, **environment: str) -> list[str]:
    """Run code in a process of its own, without Django's settings; return its lines."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATA", "NUMBA"))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=cwd,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**43),
    st.integers(1, 9),
)
def test_compiled_code_draws_what_python_draws(seeds, instrument, milliseconds, leg):
    drawn = compiled_draws(np.array(seeds, dtype=np.int64), instrument, milliseconds, leg)
    assert drawn.tolist() == [draw(seed, instrument, milliseconds, leg) for seed in seeds]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_compiled_code_makes_the_same_noise_of_a_draw(drawn):
    assert compiled_noise(0.0002, drawn) == noise(0.0002, drawn)


@settings(deadline=None, max_examples=1_000)
@given(st.floats(-(2.0**60), 2.0**60), st.floats(1e-10, 1e6))
def test_compiled_code_rounds_quotients_down_as_python_does(number, step):
    assert compiled_floor(number, step) == number // step


@settings(deadline=None, max_examples=1_000)
@given(st.integers(-(2**40), 2**40), st.floats(1e-10, 1e6), st.sampled_from([-math.inf, 0.0, math.inf]))
@example(10, 0.1, 0.0)
def test_compiled_code_rounds_quotients_about_an_integer_down_as_python_does(steps, step, beside):
    number = math.nextafter(steps * step, beside) if beside else steps * step
    assert compiled_floor(number, step) == number // step


@pytest.mark.slow
def test_two_processes_fill_one_empty_folder_and_a_third_reads_it(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: python(NOTHING_OF_DJANGO, NUMBA_CACHE_DIR=str(tmp_path)), range(2)))
    assert {lines[0] for lines in told} == {"1.0"}
    assert python(NOTHING_OF_DJANGO, NUMBA_CACHE_DIR=str(tmp_path)) == ["1.0", "1", "False"]


def test_the_data_folder_keeps_what_is_compiled(tmp_path):
    [told] = python(CODE, DATA_DIR=str(tmp_path))
    assert told.startswith(f"True {tmp_path}/cache/numba/")


def test_another_source_of_the_engine_is_compiled_anew(tmp_path):
    for folder in ("core", "market", "strategies", "trading"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    before = python(CODE, cwd=tmp_path)
    with (tmp_path / "trading/engine/money.py").open("a") as file:
        file.write("\n\nANOTHER = 1\n")
    assert python(CODE, cwd=tmp_path) != before


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    (tmp_path / "file").touch()
    [told] = python(CODE, NUMBA_CACHE_DIR=str(tmp_path / "file"))
    assert told.split()[0] == "False"
