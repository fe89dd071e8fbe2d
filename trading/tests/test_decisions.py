"""What a side means for what is held: the whole table, by hand."""

import pytest

from trading.decisions import IntentSide, OnOpposite, Rules, Step, decide
from trading.intents import Intent

BUY, SELL, CLOSE = IntentSide
FLAT, LONG, SHORT = 0, 1, -1
REVERSE = Rules()
CLOSES = Rules(on_opposite=OnOpposite.CLOSE)
IGNORES = Rules(on_opposite=OnOpposite.IGNORE)
ADDS = Rules(pyramiding=True)
NO_SHORTS = Rules(allow_shorts=False)
RESIZES = Rules(resizes=True)


@pytest.mark.parametrize(
    ("side", "held", "rules", "step", "code"),
    [
        (BUY, FLAT, REVERSE, Step.OPEN, ""),
        (SELL, FLAT, REVERSE, Step.OPEN, ""),
        (CLOSE, FLAT, REVERSE, Step.NOTHING, "ALREADY_FLAT"),
        (BUY, LONG, REVERSE, Step.NOTHING, "ALREADY_IN_POSITION"),
        (SELL, SHORT, REVERSE, Step.NOTHING, "ALREADY_IN_POSITION"),
        (BUY, LONG, ADDS, Step.OPEN, ""),
        (SELL, SHORT, ADDS, Step.OPEN, ""),
        (BUY, SHORT, REVERSE, Step.CLOSE_THEN_OPEN, ""),
        (SELL, LONG, REVERSE, Step.CLOSE_THEN_OPEN, ""),
        (BUY, SHORT, ADDS, Step.CLOSE_THEN_OPEN, ""),
        (BUY, SHORT, CLOSES, Step.CLOSE, ""),
        (SELL, LONG, CLOSES, Step.CLOSE, ""),
        (BUY, SHORT, IGNORES, Step.NOTHING, "OPPOSITE_IGNORED"),
        (SELL, LONG, IGNORES, Step.NOTHING, "OPPOSITE_IGNORED"),
        (SELL, FLAT, NO_SHORTS, Step.NOTHING, "SHORTS_NOT_ALLOWED"),
        (SELL, LONG, NO_SHORTS, Step.CLOSE, ""),
        (BUY, FLAT, NO_SHORTS, Step.OPEN, ""),
        (BUY, SHORT, NO_SHORTS, Step.CLOSE_THEN_OPEN, ""),
        (BUY, LONG, RESIZES, Step.RESIZE, ""),
        (SELL, SHORT, RESIZES, Step.RESIZE, ""),
        (BUY, FLAT, RESIZES, Step.OPEN, ""),
        (SELL, LONG, RESIZES, Step.CLOSE_THEN_OPEN, ""),
        (CLOSE, LONG, IGNORES, Step.CLOSE, ""),
        (CLOSE, SHORT, NO_SHORTS, Step.CLOSE, ""),
    ],
)
def test_the_table(side, held, rules, step, code):
    decision = decide(side, held, rules)
    assert (decision.step, decision.code) == (step, code)
    assert bool(decision.reason) == (step is Step.NOTHING)


@pytest.mark.parametrize(
    ("closes_only", "held", "step", "code"),
    [
        ("long", LONG, Step.CLOSE, ""),
        ("long", SHORT, Step.NOTHING, "OTHER_SIDE_HELD"),
        ("short", SHORT, Step.CLOSE, ""),
        ("short", LONG, Step.NOTHING, "OTHER_SIDE_HELD"),
        ("long", FLAT, Step.NOTHING, "ALREADY_FLAT"),
    ],
)
def test_a_close_that_names_its_side_closes_that_side_only(closes_only, held, step, code):
    decision = decide(CLOSE, held, REVERSE, closes_only=closes_only)
    assert (decision.step, decision.code) == (step, code)


@pytest.mark.parametrize("rules", [REVERSE, CLOSES, IGNORES, ADDS, NO_SHORTS])
@pytest.mark.parametrize("side", IntentSide)
def test_an_intent_survives_being_stored(side, rules):
    intent = Intent(side, 7, "10%", "2%", "51000", "long", rules)
    assert Intent.from_json(intent.to_json()) == intent
