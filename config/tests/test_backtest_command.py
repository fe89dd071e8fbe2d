"""`manage.py backtest`: on candles of a file without a database, on those of the desk, and what it refuses."""

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.tests.processes import ROOT
from market.intervals import Interval
from market.services.candles import store_candles
from strategies import catalogue
from strategies.models import Strategy
from strategies.tests.backtest.running import START, candles

HOUR = 3_600_000
HEADER = "timestamp,open,high,low,close,volume\n"


def wave(count: int = 200) -> list[tuple[float, float, float, float]]:
    """Return candles that go up and down around 1,000, each from the close of the one before."""
    closes = 1_000 + 100 * np.sin(np.arange(count + 1) / 9)
    return [(one, max(one, other), min(one, other), other) for one, other in pairwise(closes)]


def line(place: int, bar: tuple[float, float, float, float]) -> str:
    return ",".join(map(str, (START + place * HOUR, *(float(price) for price in bar), 1.0))) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hours.csv"
    path.write_text(HEADER + "".join(line(place, bar) for place, bar in enumerate(wave())))
    return path


def told(*arguments: object) -> str:
    out = StringIO()
    call_command("backtest", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def refused(*arguments: object) -> str:
    with pytest.raises(CommandError) as refusal:
        told(*arguments)
    assert refusal.value.returncode in {1, 2}  # argparse's own have no status when called from Python
    return str(refusal.value)


def test_a_file_is_run_without_a_database(file: Path) -> None:
    lines = told("--rule", "sma_cross", "--csv", file, "--symbol", "BTCUSDT").splitlines()
    assert lines[:3] == [
        "SMA cross on BTCUSDT 1h",
        "2026-03-02 00:00 to 2026-03-10 08:00 UTC, 200 candles",
        "fast 10 · slow 30 · short no",
    ]
    assert "commission             0.02 %, at least 0.01 USDT" in lines


def test_numbers_of_a_column_end_together(file: Path) -> None:
    lines = told("--rule", "sma_cross", "--csv", file).splitlines()
    [gain, trades] = [next(line for line in lines if line.startswith(name)) for name in ("Total return", "Trades")]
    assert len({len(line[:38].rstrip()) for line in (gain, trades)}) == 1


def test_a_file_whose_symbol_nobody_knows_costs_nothing(file: Path) -> None:
    lines = told("--rule", "buy_and_hold", "--csv", file).splitlines()
    assert [line.split()[1] for line in lines if line.startswith(("commission", "spread"))] == ["0", "0"]
    assert lines[0] == "Buy and hold on hours 1h"


def test_what_is_asked_is_what_is_run(file: Path) -> None:
    said = told(
        *("--rule", "sma_cross", "--csv", file, "--param", "fast=5", "--param", "short=true", "--commission", "0.001"),
        *("--stop-loss", "3", "--leverage", "2", "--seed", "9", "--slippage-model", "none", "--start", "2026-03-04"),
    )
    wanted = [
        "fast 5 · slow 30 · short yes",
        "2026-03-04 00:00 to",
        "0.1 %",
        "3 % from entry",
        "leverage",
        "warm-up before         30",
    ]
    assert [words for words in wanted if words not in said] == []


def test_all_of_it_is_written_into_files(file: Path, tmp_path: Path) -> None:
    html, record, trades = (tmp_path / name for name in ("r.html", "r.json", "t.csv"))
    told("--rule", "sma_cross", "--csv", file, "--html", html, "--json", record, "--csv-trades", trades)
    metrics = json.loads(record.read_text())["metrics"]
    rows = list(csv.DictReader(trades.read_text().splitlines()))
    assert metrics["total_trades"] == len([row for row in rows if row["closed_at"]]) > 2
    assert sum(float(row["pnl"]) for row in rows) == pytest.approx(metrics["final_balance"] - 10_000)
    assert "hours.csv" in html.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rule", "nothing"), "There is no rule 'nothing'; there are"),
        (("--rule", "sma_cross", "--param", "fast=0"), "fast must be at least 1"),
        (("--rule", "sma_cross", "--param", "quick=1"), "no parameter quick; it has fast, slow, short"),
        (("--rule", "sma_cross", "--param", "fast"), "is not NAME=VALUE"),
        (("--rule", "sma_cross", "--param", "fast=1", "--param", "fast=2"), "names fast twice"),
        (("--rule", "sma_cross", "--start", "2027-01-01"), "fewer than two candles"),
        (("--rule", "sma_cross", "--mode", "fixed"), "A fixed size needs to be said"),
        (("--rule", "sma_cross", "--mode", "risk_to_stop"), "needs a stop_loss"),
        (("--rule", "sma_cross", "--leverage", "1000"), "leverage of at most"),
        (("--rule", "sma_cross", "--leverage", "0"), "leverage is from 1"),
        (("--rule", "sma_cross", "--commission", "1"), "is not a fraction"),
        (("--rule", "sma_cross", "--capital", "NaN"), "finite"),
        (("--rule", "sma_cross", "--capital", "0"), "is not more than 0"),
        (("--rule", "sma_cross", "--seed", "-1"), "is not a whole number"),
        (("--rule", "sma_cross", "--html", "/nowhere/r.html"), "there is no such folder"),
        ((), "one of the arguments --rule --strategy is required"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(file: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("--csv", file, *arguments)


class Terminal(StringIO):
    """Somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_somebody_who_looks_sees_how_far_it_is_and_then_the_result_alone(file: Path) -> None:
    screen = Terminal()
    call_command("backtest", "--rule", "macd", "--csv", str(file), stdout=StringIO(), stderr=screen)
    lines = screen.getvalue().split("\r")
    assert lines[1].startswith("[#")
    assert "[##############################] 100%" in lines
    assert lines[-2:] == [" " * len("[##############################] 100%"), ""]


def test_a_file_that_nobody_looks_at_is_told_nothing_but_the_result(file: Path) -> None:
    quiet = StringIO()
    call_command("backtest", "--rule", "macd", "--csv", str(file), stdout=StringIO(), stderr=quiet)
    assert quiet.getvalue() == ""


def test_a_file_with_a_gap_is_refused_unless_that_is_wanted(file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:50] + lines[53:]))
    assert "2026-03-04 01:00 to 2026-03-04 04:00" in refused("--rule", "sma_cross", "--csv", file)
    assert "3 in 1 gaps" in told("--rule", "sma_cross", "--csv", file, "--allow-gaps")


def test_a_file_with_a_row_that_is_no_candle_is_refused(file: Path) -> None:
    file.write_text(file.read_text() + "x,1,1,1,1,1\n")
    assert "1 bad (line 202)" in refused("--rule", "sma_cross", "--csv", file)


def test_a_candle_that_is_not_over_is_refused(file: Path) -> None:
    now = int(timezone.now().timestamp()) // 3_600 * HOUR
    file.write_text(HEADER + "".join(f"{now + place * HOUR},1,1,1,1,1\n" for place in (-2, -1, 0)))
    assert "1 unclosed (line 4)" in refused("--rule", "buy_and_hold", "--csv", file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "There is no file" in refused("--rule", "sma_cross", "--csv", tmp_path / "none.csv")


@pytest.fixture
def hours(btcusdt):
    store_candles(btcusdt, candles(*wave(), interval=Interval.H1), now=timezone.now())
    return btcusdt


@pytest.mark.django_db
def test_candles_of_the_desk_are_run_with_those_before_them_to_warm_up(hours) -> None:
    said = told("--rule", "sma_cross", "--symbol", "BTC/USDT", "--start", "2026-03-05", "--end", "2026-03-07")
    assert "2026-03-05 00:00 to 2026-03-07 00:00 UTC, 48 candles" in said
    assert "warm-up before         30" in said


@pytest.mark.django_db
def test_without_a_span_all_candles_are_run(hours) -> None:
    assert "200 candles" in told("--rule", "sma_cross", "--symbol", "BTCUSDT")


@pytest.mark.django_db
def test_missing_candles_are_named_with_how_to_get_them(hours) -> None:
    said = refused("--rule", "sma_cross", "--symbol", "BTCUSDT", "--start", "2026-03-01", "--end", "2026-03-07")
    assert "24 of 144 candles" in said
    assert "backfill_candles BTCUSDT --interval 1h --start 2026-03-01T00:00Z --end 2026-03-02T00:00Z" in said


@pytest.mark.django_db
@pytest.mark.parametrize("symbol", ["BTCUSDX", ""])
def test_an_unknown_symbol_is_refused(symbol: str) -> None:
    assert refused("--rule", "sma_cross", "--symbol", symbol)


def strategy_of(user, **columns) -> Strategy:
    return Strategy.objects.create(owner=user, name="My <cross>", slug="my-cross", **columns)


@pytest.mark.django_db
def test_a_strategy_is_run_by_its_slug_with_its_parameters(hours, tom) -> None:
    strategy_of(tom, rule="sma_cross", parameters={"fast": 3, "slow": 8, "short": True})
    said = told("--strategy", "my-cross", "--symbol", "BTCUSDT", "--param", "slow=9")
    assert said.startswith("My <cross> on BTCUSDT 1h")
    assert "fast 3 · slow 9 · short yes" in said


@pytest.mark.django_db
def test_a_slug_that_several_have_needs_a_name(hours, tom, ada) -> None:
    parameters = {"fast": 3, "slow": 8, "short": False}
    strategy_of(tom, rule="sma_cross", parameters=parameters)
    strategy_of(ada, rule="buy_and_hold")
    assert "--user" in refused("--strategy", "my-cross", "--symbol", "BTCUSDT")
    assert "fast 3" in told("--strategy", "my-cross", "--user", "tom", "--symbol", "BTCUSDT")


@pytest.mark.django_db
def test_a_strategy_that_is_not_there_or_has_no_rule_is_refused(hours, tom) -> None:
    assert "There is no strategy 'my-cross' of tom." in refused(
        "--strategy", "my-cross", "--user", "tom", "--symbol", "BTCUSDT"
    )
    strategy_of(tom)
    assert "has no rule" in refused("--strategy", "my-cross", "--symbol", "BTCUSDT")


@pytest.mark.slow
def test_the_command_itself_starts_without_the_rest_of_the_desk_and_ends_with_2(file: Path, tmp_path: Path) -> None:
    env = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-X", "importtime", "manage.py", "backtest", "--csv", str(file), "--rule"]
    done = subprocess.run([*command, "buy_and_hold"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Buy and hold on hours 1h")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = {"celery", "rest_framework", "unfold", "channels", "ccxt", "plotly", "psycopg", "trading.models"}
    assert ("numba" in imported, imported & heavy) == (True, set())
    desk = [sys.executable, "manage.py", "backtest", "--symbol", "BTCUSDT", "--rule", "macd"]
    done = subprocess.run(desk, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, "make migrate" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    done = subprocess.run([*command, "none"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, "There is no rule 'none'" in done.stderr) == (2, True)


OWN_RULE = """
from strategies.rule import Rule

def targets(candles):
    return candles.close / 0 if candles.missing else None

RULE = Rule("own", "Own", "Of one's own.", {}, targets, lambda parameters: 1)
"""


@pytest.fixture
def own_rule(settings, tmp_path: Path):
    settings.STRATEGY_RULES_FOLDER = tmp_path / "rules"
    settings.STRATEGY_RULES_FOLDER.mkdir()
    (settings.STRATEGY_RULES_FOLDER / "own.py").write_text(OWN_RULE)
    catalogue.forget()
    yield
    settings.STRATEGY_RULES_FOLDER = tmp_path / "nothing"
    catalogue.forget()


@pytest.mark.usefixtures("own_rule")
def test_a_rule_that_raises_is_told_in_its_own_words(file: Path) -> None:
    said = refused("--rule", "own", "--csv", file)
    assert [words for words in ("AttributeError", "missing", "own.py, line 5") if words not in said] == []
