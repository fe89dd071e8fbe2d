"""Every rule on every candle file through the backtest and through bot and paper desk: the same trades, to the lot."""

import pytest

from config.tests.differences import differences
from config.tests.parity import FILES, Case, Replay, backtested, candles_of
from config.tests.proof.doses import BARS
from strategies.catalogue import find_rule, rule_names

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

WAYS = {
    "fixed": {"size": "0.1"},
    "fixed, exits": {"size": "0.1", "stop_loss": "1%", "take_profit": "2%"},
    "percent": {"size": "40%", "leverage": 3},
    "percent, exits": {"size": "40%", "leverage": 3, "stop_loss": "1.5%", "take_profit": "2.5%"},
    "risk": {"size": "risk 1%", "leverage": 10, "stop_loss": "0.7%"},
    "too little margin": {"size": "300%", "leverage": 1, "balance": "1000"},
    "close-out": {"size": "90%", "leverage": 40, "balance": "5000"},
}
FIRST = 60


def case_of(rule: str, way: str) -> Case:
    """Return a rule, short too where it can be, traded in one of the ways."""
    parameters = {"short": True} if "short" in find_rule(rule).parameters else {}
    return Case(rule, parameters, **WAYS[way])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rule", rule_names())
@pytest.mark.parametrize("name", FILES)
def test_bot_and_backtest_make_the_same_trades(name, rule, way, tom, still_market, capsys):
    case, candles = case_of(rule, way), candles_of(name, FIRST + BARS)
    replay = Replay(case, candles, FIRST, owner=tom, market=still_market)
    desk = replay.run()
    result, tested = backtested(case, candles, FIRST)
    lot, tick = replay.instrument.lot_size, replay.instrument.tick_size
    found = differences(desk, tested, lot=lot, tick=tick)
    refused = {reason: many for reason, many in result.refusals.items() if many}
    with capsys.disabled():
        print(f"\n{name}, {rule}, {way}: {len(desk)} trades, refused {refused}, apart {found.one_lot_apart}")
    assert found.wrong == []
