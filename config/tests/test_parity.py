"""Backtest and paper desk make the same trades of the same candles; `make proof` asks it of every rule and file."""

from decimal import Decimal

import pytest

from config.tests.differences import Traded, differences
from config.tests.parity import Case, Replay, backtested, candles_of
from strategies import catalogue

LOT, TICK = Decimal("0.001"), Decimal("0.1")
TRADE = Traded(0, 60_000, 1, Decimal("0.1"), 100.0, 101.0, 0.08, "decision")


@pytest.fixture
def _steps(settings):
    """The desk knows a rule whose targets are fractions."""
    settings.STRATEGY_RULES = ["config.tests.steps_rule.RULE"]
    catalogue.forget()
    yield
    catalogue.forget()


@pytest.fixture
def compared(tom, still_market, _steps):
    """Lead a bot and a backtest through candles; return the desk's trades and where the two differ."""

    def compare(case, name, *, bars=160, first=50):
        candles = candles_of(name, bars)
        desk = Replay(case, candles, first, owner=tom, market=still_market).run()
        _, tested = backtested(case, candles, first)
        return desk, differences(desk, tested, lot=LOT, tick=TICK)

    return compare


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "name"),
    [
        (Case("sma_cross", {"fast": 3, "slow": 12, "short": True}), "BTC hours"),
        (Case("donchian_breakout", size="50%", leverage=3, stop_loss="1%", take_profit="2%"), "BTC days"),
        (Case("steps", size="30%", leverage=3, stop_loss="1%", take_profit="3%"), "BTC hours"),
        (Case("steps", size="0.5", leverage=3, balance="200000"), "BTC days"),
        (
            Case("macd", {"short": True}, size="risk 1%", leverage=10, stop_loss="0.3%", take_profit="0.5%"),
            "BTC minutes",
        ),
    ],
    ids=str,
)
def test_a_bot_and_a_backtest_make_the_same_trades(compared, case, name):
    # A rule of the desk's own is asked in a process of its own, about a second each time.
    desk, found = compared(case, name, bars=70 if case.rule == "steps" else 160)
    assert (found.wrong, found.one_lot_apart) == ([], [])
    assert desk


def changed(**fields):
    """Return a trade like TRADE but for these fields."""
    told = {name: getattr(TRADE, name) for name in Traded.__slots__}
    return Traded(**{**told, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"opened_at": 1},
        {"closed_at": 0},
        {"direction": -1},
        {"reason": "stop_loss"},
        {"size": Decimal("0.102")},
        {"entry": 100.1},
        {"exit": 100.9},
        {"exit": None},
        {"pnl": 0.1},
    ],
    ids=str,
)
def test_a_trade_that_differs_is_found(fields):
    assert len(differences([TRADE], [changed(**fields)], lot=LOT, tick=TICK).wrong) == 1


def test_a_trade_too_few_is_found():
    assert differences([TRADE], [], lot=LOT, tick=TICK).wrong == ["1 trades on the desk, 0 in the backtest"]


def test_one_lot_apart_is_listed():
    found = differences([TRADE], [changed(size=Decimal("0.101"), pnl=0.5)], lot=LOT, tick=TICK)
    assert (found.wrong, len(found.one_lot_apart)) == ([], 1)
