"""Sets of parameters: grids and samples, counted first, whole, and none that the rule objects to."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from core.errors import Invalid
from strategies.catalogue import find_rule
from strategies.sweep.space import grid, grid_size, sample

SMA, BANDS = find_rule("sma_cross"), find_rule("bollinger_reversion")


def refusal(ask, *args, **named):
    with pytest.raises(Invalid) as caught:
        ask(*args, **named)
    assert caught.value.status == 422
    return caught.value


def pairs(sets):
    return [(chosen["fast"], chosen["slow"]) for chosen in sets]


def test_a_grid_is_every_value_with_every_other_the_last_changing_fastest():
    sets = grid(SMA, {"fast": [5, 10], "slow": [20, 30]}, most=4)
    assert pairs(sets) == [(5, 20), (5, 30), (10, 20), (10, 30)]


def test_sets_are_whole():
    assert grid(SMA, {"fast": [5]}, most=1) == [{"fast": 5, "slow": 30, "short": False}]


def test_a_range_has_both_its_ends():
    assert pairs(grid(SMA, {"fast": {"from": 5, "to": 9, "step": 2}}, most=9)) == [(5, 30), (7, 30), (9, 30)]


def test_a_range_of_whole_numbers_needs_no_step():
    assert grid_size(SMA, {"fast": {"from": 5, "to": 9}}) == 5


def test_a_range_of_numbers_is_not_blurred_by_floats():
    # 0.5 − 0.2 is 0.3, and 0.3 ÷ 0.1 is 2.9999999999999996.
    sets = grid(BANDS, {"deviations": {"from": 0.2, "to": Decimal("0.5"), "step": 0.1}}, most=9)
    assert [chosen["deviations"] for chosen in sets] == [0.2, 0.3, 0.4, 0.5]


def test_a_step_that_is_no_number_is_refused():
    told = refusal(grid, BANDS, {"deviations": {"from": 1, "to": 2, "step": "0.1"}}, most=9)
    assert told.errors == {"parameters.deviations": ["The step of deviations must be a number."]}


def test_a_value_given_twice_counts_once():
    assert grid_size(SMA, {"fast": [5, 5.0, Decimal(5)]}) == 1


def test_what_the_rule_objects_to_is_left_out():
    assert pairs(grid(SMA, {"fast": [5, 20], "slow": [10, 20, 30]}, most=6)) == [(5, 10), (5, 20), (5, 30), (20, 30)]


def test_a_grid_that_the_rule_objects_to_as_a_whole_is_refused():
    assert refusal(grid, SMA, {"fast": [40]}, most=9).errors == {"parameters": ["fast must be less than slow."]}


def test_more_than_the_most_are_refused_before_they_are_made():
    huge = {"fast": {"from": 1, "to": 1_000}, "slow": {"from": 2, "to": 1_000}}
    told = refusal(grid, SMA, huge, most=10_000)
    assert (told.code, told.message) == ("TOO_MANY_RUNS", "These are 999,000 runs; a sweep has at most 10,000.")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"speed": [1]}, "parameters.speed"),
        ({"fast": ["a"]}, "parameters.fast"),
        ({"fast": []}, "parameters.fast"),
        ({"fast": [5, 2_000]}, "parameters.fast"),
        ({"fast": {"from": 5}}, "parameters.fast"),
        ({"fast": {"from": 9, "to": 5}}, "parameters.fast"),
        ({"fast": {"from": 5, "to": 9, "step": 0}}, "parameters.fast"),
        ({"fast": {"from": 5, "to": 9, "step": 0.5}}, "parameters.fast"),
        ({"fast": {"from": 0, "to": 9}}, "parameters.fast"),
        ({"fast": {"from": 5, "to": 9, "by": 1}}, "parameters.fast"),
        ({"short": {"from": False, "to": True}}, "parameters.short"),
        ([], "parameters"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(asked, field):
    assert list(refusal(grid, SMA, asked, most=9).errors) == [field]


def test_a_grid_over_all_numbers_needs_a_step():
    told = refusal(grid, BANDS, {"deviations": {"from": 1, "to": 3}}, most=9)
    assert told.errors == {"parameters.deviations": ["deviations needs a step."]}


def test_a_step_that_leaves_the_schema_is_refused():
    rule = replace(SMA, parameters=SMA.parameters | {"fast": {"type": "integer", "multipleOf": 5, "default": 5}})
    told = refusal(grid, rule, {"fast": {"from": 5, "to": 10, "step": 1}}, most=9)
    assert told.errors == {"parameters.fast": ["fast must be a multiple of 5."]}


RANGES = {"fast": {"from": 5, "to": 50}, "slow": {"from": 20, "to": 200}}


def test_a_sample_is_as_large_as_asked_and_has_no_set_twice():
    assert len(set(pairs(sample(SMA, RANGES, runs=500, seed=1, most=500)))) == 500


def test_a_sample_is_the_same_for_the_same_seed():
    assert sample(SMA, RANGES, runs=20, seed=1, most=20) == sample(SMA, RANGES, runs=20, seed=1, most=20)


def test_a_sample_is_another_for_another_seed():
    assert sample(SMA, RANGES, runs=20, seed=1, most=20) != sample(SMA, RANGES, runs=20, seed=2, most=20)


def test_a_sample_holds_nothing_that_the_rule_objects_to():
    assert all(fast < slow for fast, slow in pairs(sample(SMA, RANGES, runs=500, seed=1, most=500)))


def test_a_sample_of_a_small_space_is_all_of_it():
    assert len(sample(SMA, {"fast": [5, 6], "slow": [20, 30]}, runs=10, seed=1, most=10)) == 4


def test_a_sample_may_be_of_any_number():
    sets = sample(BANDS, {"deviations": {"from": 1, "to": 3}}, runs=50, seed=1, most=50)
    assert len({chosen["deviations"] for chosen in sets if 1 <= chosen["deviations"] <= 3}) == 50


def test_a_sample_of_more_than_the_most_is_refused():
    assert refusal(sample, SMA, RANGES, runs=11, seed=1, most=10).code == "TOO_MANY_RUNS"


def test_a_sample_of_none_is_refused():
    assert list(refusal(sample, SMA, RANGES, runs=0, seed=1, most=10).errors) == ["runs"]


def test_a_sample_that_the_rule_objects_to_as_a_whole_is_refused():
    assert list(refusal(sample, SMA, {"fast": [40]}, runs=2, seed=1, most=10).errors) == ["parameters"]


ANY = replace(BANDS, parameters=BANDS.parameters | {"deviations": {"type": "number", "default": 2.0}})


@pytest.mark.parametrize(
    "asked",
    [
        {"from": 0, "to": 1, "step": 5e-324},
        {"from": 0, "to": 1, "step": 1e-300},
        {"from": -1e308, "to": 1e308, "step": 1},
        {"from": -1e308, "to": 1e308},
    ],
)
@pytest.mark.parametrize("ask", [grid, partial(sample, runs=3, seed=1)])
def test_a_range_that_nobody_can_count_is_refused(ask, asked):
    told = refusal(ask, ANY, {"deviations": asked}, most=9)
    assert told.errors == {"parameters.deviations": ["deviations is a range of more numbers than can be told apart."]}


def test_a_step_beyond_the_range_leaves_its_first_number():
    assert pairs(grid(SMA, {"fast": {"from": 5, "to": 9, "step": 1e300}}, most=1)) == [(5, 30)]
