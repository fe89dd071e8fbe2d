"""A backtest as one function, on arrays and on frames."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import Invalid
from strategies.backtest.run import PartialCandle
from strategies.research import as_series, backtest
from strategies.rule import Rule, RuleFailed
from strategies.tests.backtest.running import START, candles, flat

ROOT = Path(__file__).resolve().parents[2]
SERIES = candles(flat(100), flat(100), flat(110), flat(120))
COLUMNS = {name: getattr(SERIES, name) for name in ("opened_at", "open", "high", "low", "close", "volume")}
ONES = np.ones(4)


def test_a_function_of_candles_is_run():
    study = backtest(SERIES, lambda candles, above: np.where(candles.close > above, 1, 0), {"above": 105})
    assert study.targets.tolist() == [0, 0, 1, 1]
    assert study.result.trades.opened_at.tolist() == [SERIES.opened_at[3]]


def test_targets_alone_are_run():
    # 95 % of 10,000 buys 95 at 100, worth 20 more each at the end
    study = backtest(SERIES, [1, 1, 1, 1])
    assert study.result.position[-1] == pytest.approx(95)
    assert study.metrics["total_return"] == pytest.approx(0.19)


def test_a_rule_is_run_with_its_defaults():
    parameters = {"share": {"type": "number", "default": 0.5}, "sign": {"type": "number", "default": 1}}
    rule = Rule("r", "R", "", parameters, lambda candles, share, sign: np.full(4, share * sign), lambda _: 0)
    assert backtest(SERIES, rule, {"sign": -1}).targets.tolist() == [-0.5] * 4


def test_settings_go_where_they_belong():
    settings = {"mode": "fixed", "value": 2, "commission_rate": 0.001, "tick_size": 0.5, "stop_loss": 0.1, "seed": 3}
    study = backtest(SERIES, ONES, **settings)
    assert (study.result.position[-1], study.result.totals["commission"]) == (2, pytest.approx(0.2))


@pytest.mark.parametrize("name", ["comission_rate", "sizing", "costs"])
def test_a_setting_that_is_none_is_refused(name):
    with pytest.raises(TypeError, match=name):
        backtest(SERIES, ONES, **{name: 1})


def test_a_mapping_of_arrays_is_taken_and_its_interval_read_off():
    series = as_series({**COLUMNS, "opened_at": COLUMNS["opened_at"].astype("datetime64[ms]")})
    assert (series.interval, series.opened_at[0]) == ("1h", START)
    assert series.opened_at.dtype == np.int64


def test_candles_without_volume_have_none_of_it():
    assert as_series({name: COLUMNS[name] for name in COLUMNS if name != "volume"}).volume.tolist() == [0] * 4


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_a_frame_is_taken_with_its_index_in_any_zone(zone):
    pandas = pytest.importorskip("pandas", exc_type=ImportError)
    index = pandas.to_datetime(SERIES.opened_at, unit="ms", utc=True).tz_convert(zone)
    frame = pandas.DataFrame({name.title(): COLUMNS[name] for name in COLUMNS if name != "opened_at"}, index=index)
    series = as_series(frame)
    assert series.opened_at.tolist() == SERIES.opened_at.tolist()
    assert backtest(frame, ONES).metrics == backtest(SERIES, ONES).metrics


@pytest.mark.parametrize(
    "changes",
    [
        {"opened_at": COLUMNS["opened_at"][::-1]},
        {"opened_at": np.array([0.5, 1.5, 2.5, 3.5])},
        {"close": np.ones(3)},
        {"opened_at": COLUMNS["opened_at"] // 1_000},
    ],
    ids=["times that fall", "times that are no integers", "a short column", "an interval that is none"],
)
def test_candles_that_are_none_are_refused(changes):
    with pytest.raises(Invalid):
        as_series({**COLUMNS, **changes})


@pytest.mark.parametrize("name", ["opened_at", "low"])
def test_a_column_that_lacks_is_named(name):
    with pytest.raises(Invalid, match=name):
        as_series({key: COLUMNS[key] for key in COLUMNS if key != name})


def test_a_last_candle_that_is_not_over_is_refused():
    with pytest.raises(PartialCandle):
        backtest(SERIES, ONES, now=datetime.fromtimestamp(START / 1_000 + 3 * 3_600, UTC))


def test_targets_beyond_a_whole_position_are_refused():
    with pytest.raises(RuleFailed):
        backtest(SERIES, [0, 2, 0, 0])


def test_a_rule_that_has_too_few_candles_wants_nothing():
    assert backtest(SERIES, np.full(4, np.nan)).targets.tolist() == [0] * 4


def test_what_a_function_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        backtest(SERIES, lambda candles: 1 / 0)


def test_pandas_is_not_imported_for_arrays():
    code = "import strategies.research, sys; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_example_of_the_readme_runs(capsys):
    chapter = (ROOT / "README.md").read_text().partition("**A backtest as a function**")[2]
    [example] = re.findall(r"```python\n(.*?)```", chapter.partition("\n## ")[0], re.DOTALL)
    assert len([line for line in example.splitlines() if line]) <= 10
    exec(compile(example, "README.md", "exec"), {})
    assert "sharpe_ratio" in capsys.readouterr().out
