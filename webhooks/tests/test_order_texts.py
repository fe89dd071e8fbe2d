"""TradingView's default message of a strategy: what its order and the position after it mean together."""

from datetime import UTC, datetime

import pytest

from trading.sizes import format_size
from webhooks.reading.parsing import Unreadable, read_alert


def order(side="buy", contracts="0.5", position="0.5", *, name="MyStrategy (9, 26): ", symbol="BTCUSDT", rest=""):
    text = f"order {side} @ {contracts} filled on {symbol}. New strategy position is {position}"
    return f"{name}{text}{rest}".encode()


MEANINGS = [
    # order, contracts, position after it: side, closes only, size, position before
    ("buy", "0.5", "0.5", "buy", None, "0.5", "flat"),
    ("sell", "0.5", "-0.5", "sell", None, "0.5", "flat"),
    ("buy", "1", "3", "buy", None, "1", "long"),
    ("sell", "1", "-3", "sell", None, "1", "short"),
    ("sell", "0.5", "0", "close", "long", None, "long"),
    ("buy", "0.5", "0", "close", "short", None, "short"),
    ("sell", "2", "-1", "sell", None, "1", "long"),
    ("buy", "2", "0.5", "buy", None, "0.5", "short"),
    ("BUY", "1e-05", "1E-5", "buy", None, "0.00001", "flat"),
    ("buy", "1,234.5", "1,234.5", "buy", None, "1234.5", "flat"),
    ("buy", "1,234,567", "1,234,567", "buy", None, "1234567", "flat"),
    ("sell", ".5", "−.5", "sell", None, "0.5", "flat"),
    ("buy", "100242 for 12.26", "12.26", "buy", None, "12.26", "flat"),
    ("buy", "0." + "1" * 29, "0." + "1" * 28, "buy", None, "0." + "1" * 28, "short"),
]

NAMES = [
    "",
    "S: ",
    "Order sell @ the top, filled on ETHUSDT: ",
    "order sell @ 5 (9): ",
    "New strategy position is 0: ",
    "Close Long / Sell Short (-1): ",
    "Golden Key: ",
    "Low Pass ",
    "My Secret Sauce (9): ",
    "Token (key=a): ",
    "[blackcat] Cross ",
    "1 \"sell\" {'close'} ",
    "Signal: ",
    "S (9, 26):\n",
    "\n\n",
]

UNCLEAR = [
    (order("sell", "1", "2"), "UNKNOWN_SIDE"),
    (order("buy", "1", "-2"), "UNKNOWN_SIDE"),
    (order("sell", "0", "0"), "CONFLICTING_FIELDS"),
    (order(contracts="1,000", position="1,000"), "INVALID_SIZE"),
    (order(contracts="1.2.3"), "INVALID_SIZE"),
    (order(contracts="-1"), "UNCLEAR_TEXT"),
    (order(contracts="NaN", position="NaN"), "UNCLEAR_TEXT"),
    (order(position="0.5%"), "UNCLEAR_TEXT"),
    (order(position="0.5 lots"), "UNCLEAR_TEXT"),
    (order(symbol="BTC USDT"), "UNCLEAR_TEXT"),
    (order("hold"), "UNCLEAR_TEXT"),
    (order() + b"\n" + order(), "UNCLEAR_TEXT"),
    (order(name="order sell @ 1 filled on ETHUSDT. New strategy position is -1: "), "UNCLEAR_TEXT"),
    (order(name="close ETHUSDT\n"), "UNCLEAR_TEXT"),
    (order(name="close ETHUSDT\nS: "), "UNCLEAR_TEXT"),
    (order(name="sl=2% "), "UNCLEAR_TEXT"),
    (order(name="S, stop loss 2, sl: 64000 "), "UNCLEAR_TEXT"),
    (order(rest="\nclose ETHUSDT"), "UNCLEAR_TEXT"),
    (order(rest=" or not"), "UNCLEAR_TEXT"),
    (order(rest=" side=sell"), "CONFLICTING_FIELDS"),
    (order(rest=" symbol=ETHUSDT"), "CONFLICTING_FIELDS"),
    (order(rest=" sl=2% sl=3%"), "DUPLICATE_FIELD"),
    (b"order buy @ 0.5 filled on BTCUSDT", "UNCLEAR_TEXT"),
    (order("{{strategy.order.action}}"), "UNRESOLVED_PLACEHOLDER"),
    (order(position="{{strategy.position_size}}"), "UNRESOLVED_PLACEHOLDER"),
    (order(symbol="BTCUSDT at noon"), "INVALID_TIME"),
]


@pytest.mark.parametrize(("side", "contracts", "position", "wanted", "closes_only", "size", "before"), MEANINGS)
def test_the_position_after_an_order_tells_what_it_did(side, contracts, position, wanted, closes_only, size, before):
    read = read_alert(order(side, contracts, position))
    assert (read.side, read.closes_only, read.prev_market_position) == (wanted, closes_only, before)
    assert (read.size and format_size(read.size)) == size
    assert read.symbol == "BTCUSDT"


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_may_be_called_anything(name):
    assert read_alert(order(name=name)) == read_alert(order())


@pytest.mark.parametrize(("raw", "code"), UNCLEAR, ids=range(len(UNCLEAR)))
def test_an_order_that_could_mean_two_things_is_refused(raw, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(raw)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_an_order_may_be_broken_into_lines_and_end_in_a_full_stop():
    raw = order(rest=".\r\n").replace(b" filled", b"\r\nfilled").replace(b". New", b".\nNew")
    assert read_alert(raw) == read_alert(order())


def test_the_symbol_keeps_its_exchange_and_its_dots():
    assert read_alert(order(symbol="BYBIT:BTCUSDT.P")).symbol == "BYBIT:BTCUSDT.P"


@pytest.mark.parametrize("rest", [" sl=2% leverage=5", ", sl=2%, leverage=5", ".\nsl: 2%\nleverage: 5"])
def test_fields_may_follow_an_order(rest):
    read = read_alert(order(rest=rest))
    assert (read.stop_loss, read.leverage, read.side) == (read_alert(order(rest=" sl=2%")).stop_loss, 5, "buy")


def test_lines_of_fields_may_stand_before_an_order():
    assert read_alert(order(name="leverage=5\nalert_id=a 1\nS: ")).alert_id == "a 1"
    assert read_alert(order(name="leverage=5\n")).leverage == 5


def test_a_size_of_ones_own_goes_before_the_strategys():
    assert format_size(read_alert(order(rest=" size=10%")).size) == "10%"


def test_the_moment_of_the_fill_is_when_the_alert_was_fired_unless_timenow_says():
    at = "BTCUSDT at 2026-01-31T12:00:00Z"
    assert read_alert(order(symbol=at)).fired_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read_alert(order(symbol=at, rest="\ntimenow=2026-01-31T12:30:00Z")).fired_at.minute == 30
