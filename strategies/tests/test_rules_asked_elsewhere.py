"""A rule of the desk's own is asked in another process: it answers the same, and cannot hold up or end a worker."""

import numpy as np
import pytest

from market.tests.candles.making import walk
from strategies import catalogue
from strategies.child import deciding
from strategies.child.deciding import targets_of
from strategies.rule import RuleFailed
from strategies.rules import sma_cross

RULE = """
import os
from strategies.rule import Rule

def targets(candles, *, limit):
    {body}
    return (candles.close > limit).astype(float)

RULE = Rule(name="own", title="Own", description="", parameters={{"limit": {{"type": "number", "default": 0}}}},
            targets=targets, warm_up=lambda parameters: 1)
"""


@pytest.fixture
def own_rule(tmp_path, settings):
    """Write a rule with this body, and return it as the catalogue has it."""

    def write(body):
        (tmp_path / "own.py").write_text(RULE.format(body=body))
        settings.STRATEGY_RULES_FOLDER = tmp_path
        catalogue.forget()
        return catalogue.find_rule("own")

    yield write
    catalogue.forget()


@pytest.mark.slow
def test_it_answers_as_it_would_here(own_rule):
    rule, candles = own_rule("pass"), walk(200)
    limit = float(np.median(candles.close))
    assert targets_of(rule, candles, {"limit": limit}).tolist() == rule.decide(candles, {"limit": limit}).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "said"), [("os._exit(0)", "ended without an answer"), ("raise ValueError('mine')", "mine")]
)
def test_one_that_ends_or_raises_has_failed(own_rule, body, said):
    with pytest.raises(RuleFailed, match=said):
        targets_of(own_rule(body), walk(10), {"limit": 0})


@pytest.mark.slow
def test_one_that_does_not_end_has_failed(own_rule, monkeypatch):
    monkeypatch.setattr(deciding, "LONGEST_SECONDS", 1.0)
    with pytest.raises(RuleFailed, match="longer than 1 seconds"):
        targets_of(own_rule("while True: pass"), walk(10), {"limit": 0})


def test_one_that_ships_starts_no_process(monkeypatch):
    monkeypatch.setattr(deciding, "ask_child", None)
    assert len(targets_of(sma_cross.RULE, walk(50), {"fast": 2, "slow": 4, "short": False})) == 50
