"""How an account sizes in a way of its own: what is read, what is refused, what it makes of the signal's size."""

import pytest

from trading.size_rules import SizeRule
from trading.sizes import BadSize, format_size, parse_size

RULES = [
    {"mode": "as_signalled"},
    {"mode": "fixed", "value": "0.5"},
    {"mode": "fixed", "value": "100 USDT"},
    {"mode": "percent_equity", "value": "12.5%"},
    {"mode": "risk", "value": "1%"},
    {"mode": "multiplier", "value": "0.5"},
]


@pytest.mark.parametrize("told", RULES, ids=str)
def test_what_is_written_is_read_again(told):
    assert SizeRule.from_json(told).to_json() == told


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ({"mode": "FIXED", "value": 5}, {"mode": "fixed", "value": "5"}),
        ({"mode": "percent_equity", "value": 10}, {"mode": "percent_equity", "value": "10%"}),
        ({"mode": "risk", "value": 0.5}, {"mode": "risk", "value": "0.5%"}),
        ({"mode": "multiplier", "value": 1e-5}, {"mode": "multiplier", "value": "0.00001"}),
        ({"mode": "multiplier", "value": 100}, {"mode": "multiplier", "value": "100"}),
        ({"mode": "as_signalled", "value": None}, {"mode": "as_signalled"}),
    ],
    ids=str,
)
def test_what_is_read(told, written):
    assert SizeRule.from_json(told).to_json() == written


@pytest.mark.parametrize(
    "told",
    [
        None,
        "fixed",
        {},
        {"value": 1},
        {"mode": None},
        {"mode": 1},
        {"mode": "huge", "value": 1},
        {"mode": "as_signalled", "value": 1},
        {"mode": "fixed"},
        {"mode": "fixed", "value": 1, "size": 1},
        {"mode": "fixed", "value": "10%"},
        {"mode": "fixed", "value": "risk 1%"},
        {"mode": "fixed", "value": 0},
        {"mode": "fixed", "value": -1},
        {"mode": "fixed", "value": True},
        {"mode": "fixed", "value": [1]},
        {"mode": "percent_equity", "value": 1001},
        {"mode": "percent_equity", "value": "risk 1"},
        {"mode": "percent_equity", "value": "5 USDT"},
        {"mode": "risk", "value": 101},
        {"mode": "risk", "value": "risk 1%"},
        {"mode": "multiplier", "value": 0},
        {"mode": "multiplier", "value": "100.1"},
        {"mode": "multiplier", "value": "2%"},
        {"mode": "multiplier", "value": "NaN"},
        {"mode": "multiplier", "value": "Infinity"},
    ],
    ids=str,
)
def test_what_is_refused(told):
    with pytest.raises(BadSize):
        SizeRule.from_json(told)


@pytest.mark.parametrize(
    ("told", "signalled", "traded"),
    [
        ({"mode": "as_signalled"}, "10%", "10%"),
        ({"mode": "fixed", "value": "0.5"}, "10%", "0.5"),
        ({"mode": "percent_equity", "value": 5}, "0.1", "5%"),
        ({"mode": "risk", "value": 1}, "0.1", "risk 1%"),
        ({"mode": "multiplier", "value": 2}, "0.1", "0.2"),
        ({"mode": "multiplier", "value": 0.5}, "100 USDT", "50 USDT"),
        ({"mode": "multiplier", "value": 3}, "10%", "30%"),
        ({"mode": "multiplier", "value": "0.25"}, "risk 2%", "risk 0.5%"),
        ({"mode": "multiplier", "value": 10}, "100%", "1000%"),
        ({"mode": "multiplier", "value": 100}, "risk 1%", "risk 100%"),
    ],
    ids=str,
)
def test_what_it_makes_of_the_signals_size(told, signalled, traded):
    assert format_size(SizeRule.from_json(told).applied_to(parse_size(signalled))) == traded


@pytest.mark.parametrize(("factor", "signalled"), [(10.01, "100%"), (100, "risk 1.01%")])
def test_a_multiple_that_the_grammar_does_not_take_is_refused(factor, signalled):
    with pytest.raises(BadSize):
        SizeRule.from_json({"mode": "multiplier", "value": factor}).applied_to(parse_size(signalled))


@pytest.mark.parametrize("told", [{"mode": "as_signalled"}, {"mode": "multiplier", "value": 2}], ids=str)
def test_of_nothing_it_makes_nothing(told):
    assert SizeRule.from_json(told).applied_to(None) is None
