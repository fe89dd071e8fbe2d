"""Buy, sell or close: every word, every way to say it twice, and the position that TradingView's strategy reports."""

import pytest

from webhooks.reading.parsing import Unreadable, read_alert
from webhooks.tests.bodies import alert

WORDS = [
    *[(word, "buy", None) for word in ("buy", "BUY", " Long ", "OpenLong", "enter long", "ENTER-LONG", "buy_to_open")],
    *[(word, "sell", None) for word in ("sell", "Short", "OpenShort", "enter_short", "sell short", "short entry")],
    *[(word, "close", None) for word in ("close", "Exit", "FLAT", "close_all", "flatten", "closePosition")],
    *[(word, "close", "long") for word in ("CloseLong", "exit long", "EXIT-LONG", "sell to close")],
    *[(word, "close", "short") for word in ("CloseShort", "exit_short", "buy to cover", "cover")],
]

TOGETHER = [
    ({"action": "long"}, "buy", None),
    ({"side": None, "type": "BUY"}, "buy", None),
    ({"side": None, "direction": "SHORT"}, "sell", None),
    ({"side": None, "signal": "sell"}, "sell", None),
    ({"side": None, "order": "sell"}, "sell", None),
    ({"side": None, "order": {"action": "sell"}}, "sell", None),
    ({"side": None, "strategy": {"order": {"action": "sell"}}}, "sell", None),
    ({"side": "long", "action": "entry"}, "buy", None),
    ({"type": "ZONE_REJECT"}, "buy", None),
    ({"side": "long", "action": "exit"}, "close", "long"),
    ({"side": "short", "type": "EXIT"}, "close", "short"),
    ({"side": "buy", "action": "CloseShort"}, "close", "short"),
    ({"side": "sell", "position_side": "LONG"}, "close", "long"),
    ({"side": "buy", "position_side": "SHORT"}, "close", "short"),
    ({"side": "buy", "positionSide": "long"}, "buy", None),
    ({"side": "sell", "posSide": "net"}, "sell", None),
    ({"side": "sell", "reduce_only": True}, "close", "long"),
    ({"side": "buy", "reduceOnly": "true"}, "close", "short"),
    ({"side": "sell", "reduce_only": False}, "sell", None),
]

POSITIONS = [
    # word, position now, position before, side, closes only
    (None, "long", None, "buy", None),
    (None, "short", "flat", "sell", None),
    (None, "short", "long", "sell", None),
    (None, "flat", "long", "close", "long"),
    (None, "flat", "short", "close", "short"),
    (None, "Flat", None, "close", None),
    ("buy", "long", "flat", "buy", None),
    ("buy", "long", "long", "buy", None),
    ("sell", "short", "long", "sell", None),
    ("sell", "flat", "long", "close", "long"),
    ("buy", "flat", "short", "close", "short"),
    ("sell", "flat", None, "close", "long"),
    ("close", "flat", "short", "close", "short"),
    ("exit long", "flat", "long", "close", "long"),
]

CONTRADICTIONS = [
    ({"action": "sell"}, "CONFLICTING_FIELDS"),
    ({"tv": {"action": "short"}}, "CONFLICTING_FIELDS"),
    ({"type": "SELL"}, "CONFLICTING_FIELDS"),
    ({"side": "sell", "action": "close"}, "CONFLICTING_FIELDS"),
    ({"side": "close long", "action": "close short"}, "CONFLICTING_FIELDS"),
    ({"side": "close", "event": "entry"}, "CONFLICTING_FIELDS"),
    ({"side": "close long", "action": "buy"}, "CONFLICTING_FIELDS"),
    ({"side": "sell", "action": "entry", "reduce_only": True}, "CONFLICTING_FIELDS"),
    ({"side": "long", "position_side": "short"}, "CONFLICTING_FIELDS"),
    ({"side": "long", "reduce_only": True}, "CONFLICTING_FIELDS"),
    ({"side": "sell", "reduce_only": True, "position_side": "short"}, "CONFLICTING_FIELDS"),
    ({"market_position": "short", "prev_market_position": "flat"}, "CONFLICTING_FIELDS"),
    ({"market_position": "flat", "prev_market_position": "long"}, "CONFLICTING_FIELDS"),
    ({"market_position": "flat", "prev_market_position": "flat"}, "CONFLICTING_FIELDS"),
    ({"side": "long", "market_position": "flat"}, "CONFLICTING_FIELDS"),
    ({"side": "close short", "market_position": "flat", "prev_market_position": "long"}, "CONFLICTING_FIELDS"),
    ({"market_position": "long", "strategy": {"market_position": "flat"}}, "CONFLICTING_FIELDS"),
    ({"side": "sell", "market_position": "long", "prev_market_position": "long"}, "UNKNOWN_SIDE"),
    ({"side": "close", "market_position": "long", "prev_market_position": "long"}, "UNKNOWN_SIDE"),
    ({"side": None, "market_position": "long", "prev_market_position": "long"}, "UNKNOWN_SIDE"),
    ({"side": None, "market_position": "long", "reduce_only": True}, "NO_SIDE"),
    ({"side": None}, "NO_SIDE"),
    ({"side": " "}, "NO_SIDE"),
    ({"side": "entry"}, "NO_SIDE"),
    ({"side": None, "position_side": "long"}, "NO_SIDE"),
    ({"side": None, "payload": {"strategy": {"action": "buy"}}}, "NO_SIDE"),
    ({"side": None, "plot": {"order": {"action": "buy"}}}, "NO_SIDE"),
    ({"side": None, "close": 95000, "open": 94000}, "NO_SIDE"),
    ({"side": "hodl"}, "UNKNOWN_SIDE"),
    ({"side": 1}, "UNKNOWN_SIDE"),
    ({"side": True}, "UNKNOWN_SIDE"),
    ({"side": ["buy"]}, "UNKNOWN_SIDE"),
    ({"side": "close buy"}, "UNKNOWN_SIDE"),
    ({"event": "TP1_HIT"}, "UNKNOWN_SIDE"),
    ({"type": "CANCEL"}, "UNKNOWN_SIDE"),
    ({"type": "sl-hit"}, "UNKNOWN_SIDE"),
    ({"market_position": "up"}, "UNKNOWN_SIDE"),
    ({"position_side": "up"}, "UNKNOWN_SIDE"),
    ({"reduce_only": "perhaps"}, "INVALID_FLAG"),
]


@pytest.mark.parametrize(("word", "side", "closes_only"), WORDS)
def test_a_word_says_buy_sell_or_close(word, side, closes_only):
    read = read_alert(alert(side=word))
    assert (read.side, read.closes_only) == (side, closes_only)


@pytest.mark.parametrize(("fields", "side", "closes_only"), TOGETHER)
def test_fields_that_go_together_say_one_thing(fields, side, closes_only):
    read = read_alert(alert(**fields))
    assert (read.side, read.closes_only) == (side, closes_only)


@pytest.mark.parametrize(("word", "now", "before", "side", "closes_only"), POSITIONS)
def test_the_position_of_the_strategy_tells_an_exit_from_an_entry(word, now, before, side, closes_only):
    read = read_alert(alert(side=word, market_position=now, prev_market_position=before))
    assert (read.side, read.closes_only) == (side, closes_only)
    assert (read.market_position, read.prev_market_position) == (now.lower(), before)


@pytest.mark.parametrize(("fields", "code"), CONTRADICTIONS)
def test_an_alert_whose_side_is_unclear_is_refused(fields, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(alert(**fields))
    assert refused.value.code == code


def test_a_conflict_names_the_fields_and_what_they_say():
    with pytest.raises(Unreadable) as refused:
        read_alert(alert(action="sell"))
    assert refused.value.message == "Fields disagree: side says 'buy', action says 'sell'."


def test_a_position_that_grew_is_an_entry():
    sizes = {"market_position_size": "2", "prev_market_position_size": "1"}
    read = read_alert(alert(side=None, market_position="short", prev_market_position="short", **sizes))
    assert read.side == "sell"


def test_a_position_that_shrank_is_refused():
    sizes = {"market_position_size": "1", "prev_market_position_size": "2"}
    with pytest.raises(Unreadable, match="part of the position"):
        read_alert(alert(side=None, market_position="short", prev_market_position="short", **sizes))
