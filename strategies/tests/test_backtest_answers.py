"""What a finished backtest is answered as: percents, decimal strings, times, null where nothing is defined."""

import numpy as np
import pytest
from drf_spectacular.generators import SchemaGenerator

from strategies.api.backtests_serializers import ResultsAnswer, shown_points
from strategies.api.equity_csv import equity_csv
from strategies.api.sweeps_serializers import FiguresAnswer
from strategies.backtest.metrics import summarise
from strategies.models import Backtest
from strategies.tests.backtest.running import candles, flat, run
from strategies.tests.making import finished_backtest, made_result, waiting_backtest

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def told(client, tom):
    return client.get(f"/api/v1/backtests/{finished_backtest(tom).pk}").json()


def test_ratios_of_money_are_percents_and_a_fall_is_above_zero(told):
    results = told["results"]
    assert (results["total_return"], results["win_rate"]) == ("1", "100")
    # Daily equity is 10,000, 10,150 at the first midnight, 10,100: 50 ÷ 10,150.
    assert results["max_drawdown"] == "0.4926"
    assert (results["final_equity"], results["total_trades"], results["exposure"]) == ("10100", 1, "58.3333")


def test_what_is_not_defined_is_null(told):
    assert (told["results"]["profit_factor"], told["results"]["recovered_at"]) == (None, None)


def test_times_are_times(told):
    assert told["results"]["trough_at"] == "2026-01-03T00:00:00Z"
    assert told["results"]["average_trade_seconds"] == 36_000
    assert told["equity_curve"][0] == {"timestamp": "2026-01-01T01:00:00Z", "equity": "10000"}


def test_a_trade_that_is_open_has_no_exit(told):
    closed, open_one = told["trades"]
    assert (closed["side"], closed["exit_price"], closed["exit_reason"]) == ("long", "251.5", "decision")
    assert (open_one["side"], open_one["exit_price"], open_one["closed_at"]) == ("short", None, None)
    assert (open_one["number"], open_one["pnl"], told["trades_total"]) == (2, "-1", 2)


def test_a_long_equity_is_thinned_out(monkeypatch):
    monkeypatch.setattr("strategies.api.backtests_serializers.POINTS_SHOWN", 10)
    points = shown_points(made_result())
    assert (len(points) <= 10, points[0]["equity"], points[-1]["equity"]) == (True, "10000", "10100")
    assert "10150" in {point["equity"] for point in points}


def test_rows_by_hand_have_what_the_engine_leaves(tom):
    finished_backtest(tom)
    assert np.isfinite(Backtest.objects.get().results["total_return"])


def test_one_that_waits_has_no_results_and_no_points(client, tom):
    told = client.get(f"/api/v1/backtests/{waiting_backtest(tom).pk}").json()
    assert (told["results"], told["equity_curve"], told["trades"], told["trades_total"]) == (None, [], [], 0)


def test_equity_as_csv_is_the_same_in_however_many_pieces(monkeypatch):
    whole = equity_csv(made_result())
    monkeypatch.setattr("strategies.api.equity_csv._PIECE", 7)
    assert equity_csv(made_result()) == whole
    assert whole.startswith(b"timestamp,equity,position\n2026-01-01T01:00:00Z,10000.0,0.0\n")
    assert whole.endswith(b"\n2026-01-03T00:00:00Z,10100.0,-1.0\n")


@pytest.mark.parametrize("answer", [ResultsAnswer, FiguresAnswer])
def test_what_may_not_be_defined_is_nullable_in_the_schema(answer, schema):
    short = summarise(run(candles(*[flat(100)] * 2), [0] * 2))
    undefined = {name for name, figure in short.items() if figure is None} & answer().fields.keys()
    told = schema["components"]["schemas"][answer.__name__]["properties"]
    assert "sharpe_ratio" in undefined
    assert [name for name in undefined if not told[name].get("nullable")] == []
