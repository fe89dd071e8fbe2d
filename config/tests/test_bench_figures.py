"""What `make bench` makes of its measurements."""

import pytest

from config.bench.__main__ import main
from config.bench.backtest import differing
from config.bench.figures import Figure, table
from config.bench.inbox import percentile


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure(99, "ms", limit=100), "met"),
        (Figure(101, "ms", limit=100), "missed"),
        (Figure(300, "ms", floor=100, limit=3), "met"),
        (Figure(301, "ms", floor=100, limit=3), "missed"),
        (Figure(301, "ms", floor=100), ""),
    ],
)
def test_a_target_is_on_the_ratio_where_there_is_a_floor(figure, verdict):
    assert figure.verdict == verdict


# Of two hundred values the 198th is the p99: two may be larger.
@pytest.mark.parametrize(("percent", "value"), [(50, 100), (99, 198), (100, 200)])
def test_a_percentile_is_the_nearest_rank(percent, value):
    assert percentile(range(1, 201), percent) == value


def test_the_table_says_figure_floor_ratio_target_and_verdict():
    lines = list(table("the job", {"many": Figure(2500, "ms", floor=1000, limit=3, note="by hand")}))
    assert lines[0] == "-- the job"
    assert lines[2].split() == ["many", "2,500", "ms", "1,000", "ms", "2.5", "×", "3", "×", "met", "by", "hand"]


def test_figures_without_floor_leave_its_columns_empty():
    [_, _, line] = table("the job", {"answer": Figure(12.34, "ms")})
    assert line.split() == ["answer", "12.3", "ms"]


def test_a_section_that_is_not_there_is_refused_before_anything_is_written():
    with pytest.raises(SystemExit, match="nonsense"):
        main(["nonsense"])


TRADES = [[1, 2, 100.0, 110.0, 9.79], [3, 4, 110.0, 100.0, -10.21]]


def test_trades_that_are_alike_but_for_what_floats_lose_do_not_differ():
    assert differing(TRADES, [[*trade[:4], trade[4] + 1e-9] for trade in TRADES]) == (0, "")


def test_a_trade_of_another_price_differs_and_is_told():
    theirs = [TRADES[0], [3, 4, 110.0, 100.1, -10.21]]
    assert differing(TRADES, theirs) == (1, f"ours {TRADES[1]}, theirs {theirs[1]}")


def test_a_trade_that_the_other_lacks_differs():
    assert differing(TRADES, TRADES[:1]) == (1, "ours are 2, theirs 1")
