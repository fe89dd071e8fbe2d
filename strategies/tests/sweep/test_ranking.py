"""Runs in their order, heat maps, and what became of the best one, by tables worked out by hand."""

import numpy as np
import pytest

from core.errors import Invalid
from strategies.rule import RuleFailed
from strategies.sweep.evaluation import Evaluation
from strategies.sweep.figures import FIGURES
from strategies.sweep.files import join, pack, unpack
from strategies.sweep.ranking import compare, heat_map, rank

NAN = float("nan")


def evaluation(values, errors=None, **others):
    figures = {name: np.full(len(values), NAN) for name in FIGURES}
    figures["sharpe_ratio"] = np.array(values, dtype=float)
    return Evaluation(figures | {name: np.array(given, dtype=float) for name, given in others.items()}, errors or {})


def test_the_best_comes_first_and_what_has_no_value_last():
    assert list(rank(evaluation([1, NAN, 3, -2]), "sharpe_ratio")) == [2, 0, 3, 1]


def test_of_equals_the_first_comes_first():
    assert list(rank(evaluation([1, 2, 2, 1]), "sharpe_ratio")) == [1, 2, 0, 3]


def test_the_least_fall_is_the_best():
    assert rank(evaluation([0, 0, 0], max_drawdown=[-0.5, -0.1, -0.3]), "max_drawdown")[0] == 1


def test_the_least_volatile_is_the_best():
    assert list(rank(evaluation([0, 0, 0], volatility=[0.5, 0.1, NAN]), "volatility")) == [1, 0, 2]


def test_a_figure_that_ranks_nothing_is_refused():
    with pytest.raises(Invalid) as caught:
        rank(evaluation([1]), "fees")
    assert list(caught.value.errors) == ["rank_by"]


def test_a_sweep_of_which_every_run_failed_fails_with_the_first_message():
    with pytest.raises(RuleFailed, match=r"^one$"):
        rank(evaluation([NAN, NAN], {0: "one", 1: "two"}), "sharpe_ratio")


def test_a_sweep_of_which_one_run_did_not_fail_is_ranked():
    assert list(rank(evaluation([NAN, 1], {0: "one"}), "sharpe_ratio")) == [1, 0]


SETS = [{"a": a, "b": b, "c": c} for a in (2, 1) for b in (10, 20) for c in (0, 1)]
# a 2: b 10: 1, 3; b 20: 5, -; a 1: b 10: -, -; b 20: 2, 4


def test_a_heat_map_has_the_best_and_the_mean_over_the_rest():
    told = heat_map(evaluation([1, 3, 5, NAN, NAN, NAN, 2, 4]), SETS, x="a", y="b", by="sharpe_ratio")
    assert (told.xs, told.ys) == ([1, 2], [10, 20])
    assert np.array_equal(told.best, [[NAN, 3], [4, 5]], equal_nan=True)
    assert np.array_equal(told.mean, [[NAN, 2], [3, 5]], equal_nan=True)


def test_the_best_of_a_heat_map_is_the_least_where_less_is_better():
    told = heat_map(evaluation([0] * 8, volatility=range(8)), SETS, x="a", y="b", by="volatility")
    assert told.best.tolist() == [[4, 0], [6, 2]]


@pytest.mark.parametrize("axes", [("a", "a"), ("a", "z")])
def test_a_heat_map_needs_two_parameters(axes):
    with pytest.raises(Invalid) as caught:
        heat_map(evaluation([0] * 8), SETS, x=axes[0], y=axes[1], by="sharpe_ratio")
    assert list(caught.value.errors) == ["heat_map"]


def test_the_gap_is_what_choosing_promised_too_much():
    # Best inside is place 1 with 3, outside it has 1. Ranks 2 3 1 against 3 2 1: Spearman 1 − 6 × 2 ÷ (3 × 8) = 0.5.
    told = compare(evaluation([2, 3, 1]), evaluation([4, 1, 0]), "sharpe_ratio")
    assert (told.place, told.inside, told.outside, told.gap) == (1, 3, 1, 2)
    assert told.rank_correlation == pytest.approx(0.5)


def test_equal_runs_share_a_rank():
    # Ranks 1½ 1½ 3 4 against 1 2 3 4: (1.25 × 4 − 0.5) ÷ 4 = 1.125 over √(1.125 × 1.25).
    told = compare(evaluation([1, 1, 2, 3]), evaluation([1, 2, 3, 4]), "sharpe_ratio")
    assert told.rank_correlation == pytest.approx(1.125 / (1.125 * 1.25) ** 0.5)


def test_the_gap_is_positive_too_where_less_is_better():
    calm, wild = evaluation([0, 0], volatility=[0.1, 0.2]), evaluation([0, 0], volatility=[0.3, 0.2])
    assert compare(calm, wild, "volatility").gap == pytest.approx(0.2)


def test_without_a_figure_outside_there_is_no_gap():
    told = compare(evaluation([2, 3]), evaluation([4, NAN]), "sharpe_ratio")
    assert (told.place, told.outside, told.gap) == (1, None, None)


def test_without_a_figure_inside_nothing_is_chosen():
    assert compare(evaluation([NAN]), evaluation([4]), "sharpe_ratio").place is None


def test_parts_are_joined_with_the_errors_in_their_places():
    joined = Evaluation.joined([evaluation([1, NAN], {1: "bad"}), evaluation([NAN, 2], {0: "worse"})])
    assert np.array_equal(joined.figures["sharpe_ratio"], [1, NAN, NAN, 2], equal_nan=True)
    assert joined.errors == {1: "bad", 2: "worse"}


def test_a_part_comes_back_as_it_was_packed():
    (told,) = unpack(pack([evaluation([1.1, NAN], {1: "Ünsound"})]))
    assert np.array_equal(told.figures["sharpe_ratio"], [1.1, NAN], equal_nan=True)
    assert told.errors == {1: "Ünsound"}


def test_parts_of_several_spans_are_joined_span_by_span():
    parts = [[evaluation([1]), evaluation([2])], [evaluation([3]), evaluation([4])]]
    assert [list(told.figures["sharpe_ratio"]) for told in join(parts)] == [[1, 3], [2, 4]]
