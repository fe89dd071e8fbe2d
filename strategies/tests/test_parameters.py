"""Parameters are made whole: defaults filled in, numbers plain, what does not fit refused by name."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from core.errors import Invalid
from strategies.catalogue import find_rule
from strategies.parameters import whole_parameters
from strategies.rule import RuleFailed

SMA, BANDS = find_rule("sma_cross"), find_rule("bollinger_reversion")


def refusal(rule, asked):
    with pytest.raises(Invalid) as caught:
        whole_parameters(rule, asked)
    assert (caught.value.code, caught.value.status) == ("INVALID", 422)
    return caught.value.errors


def test_what_nobody_gave_has_its_default():
    assert whole_parameters(SMA, {"fast": 5}) == {"fast": 5, "slow": 30, "short": False}


@pytest.mark.parametrize("given", [5, 5.0, Decimal("5"), Decimal("5.00"), np.int64(5), np.float64(5)])
def test_a_whole_number_in_any_clothes_is_an_int(given):
    told = whole_parameters(SMA, {"fast": given})["fast"]
    assert (type(told), told) == (int, 5)


@pytest.mark.parametrize("given", [2, Decimal("2"), 2.0])
def test_a_number_in_any_clothes_is_a_float(given):
    told = whole_parameters(BANDS, {"deviations": given})["deviations"]
    assert (type(told), told) == (float, 2.0)


@pytest.mark.parametrize("given", [5.5, "5", True, None, [5], float("nan"), float("inf"), Decimal("NaN"), 1e300])
def test_what_is_no_whole_number_is_refused_by_name(given):
    assert list(refusal(SMA, {"fast": given})) == ["parameters.fast"]


def test_a_refusal_says_what_it_must_be():
    assert refusal(SMA, {"fast": "5"}) == {"parameters.fast": ["fast must be a whole number."]}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [(0, "fast must be at least 1."), (1_001, "fast must be at most 1000."), (10**400, "fast must be at most 1000.")],
)
def test_a_number_out_of_bounds_is_told_its_bound(given, sentence):
    assert refusal(SMA, {"fast": given}) == {"parameters.fast": [sentence]}


def test_a_bound_may_be_exclusive():
    assert refusal(BANDS, {"deviations": 0}) == {"parameters.deviations": ["deviations must be more than 0."]}


def test_a_number_that_is_not_finite_is_told_so():
    told = refusal(BANDS, {"deviations": float("nan")})
    assert told == {"parameters.deviations": ["deviations must be a number, and finite."]}


def test_true_is_no_number_and_one_is_not_true():
    assert refusal(SMA, {"short": 1}) == {"parameters.short": ["short must be true or false."]}


def test_an_unknown_parameter_is_named_and_so_are_those_there_are():
    told = refusal(SMA, {"speed": 1})
    assert told == {"parameters.speed": ["sma_cross has no parameter speed; it has fast, slow, short."]}


def test_every_parameter_that_is_wrong_is_named():
    assert set(refusal(SMA, {"speed": 1, "fast": 0})) == {"parameters.speed", "parameters.fast"}


@pytest.mark.parametrize("given", [None, [], "fast=5", 5])
def test_parameters_are_an_object(given):
    assert refusal(SMA, given) == {"parameters": ["Parameters must be an object."]}


def test_the_rule_may_object_to_what_fits_one_by_one():
    assert refusal(SMA, {"fast": 30, "slow": 30}) == {"parameters": ["fast must be less than slow."]}


def test_levels_that_are_not_in_order_are_refused():
    assert list(refusal(find_rule("rsi_reversion"), {"oversold": 60})) == ["parameters"]


def test_an_exit_longer_than_the_entry_is_refused():
    assert list(refusal(find_rule("donchian_breakout"), {"exit": 21})) == ["parameters"]


def test_one_of_a_list_must_be_in_it():
    schema = {"type": "string", "enum": ["up", "down"], "default": "up"}
    rule = replace(SMA, parameters={"way": schema})
    assert refusal(rule, {"way": "left"}) == {"parameters.way": ["way must be one of up, down."]}


def test_an_objection_that_raises_is_the_rules_failure():
    rule = replace(SMA, objection=lambda parameters: parameters["speed"])
    with pytest.raises(RuleFailed, match="The objection of sma_cross raised KeyError: 'speed'"):
        whole_parameters(rule, {})


@pytest.mark.parametrize("schema", [{}, {"multipleOf": 0.1}])
def test_a_whole_number_that_no_float_holds_is_refused(schema):
    rule = replace(BANDS, parameters={"deviations": {"type": "number", "default": 2.0, **schema}})
    assert refusal(rule, {"deviations": 10**400}) == {
        "parameters.deviations": ["deviations must be a number, and finite."]
    }
