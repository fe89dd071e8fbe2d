"""The fields of an alert apart from side and size, the names they go by, and the bytes that are no alert."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from trading.sizes import Distance
from webhooks.reading.parsing import Unreadable, read_alert
from webhooks.tests.bodies import alert

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
PRICE = Distance(price=Decimal("63500.5"))
PERCENT = Distance(fraction=Decimal("0.02"))

FIELDS = [
    ({"botname": "Groot"}, "bot_name", "Groot"),
    ({"bot": " Groot "}, "bot_name", "Groot"),
    ({"Bot-ID": "7d2c"}, "bot_id", "7d2c"),
    ({"alert_id": 17}, "alert_id", "17"),
    ({"signal_id": "s", "event_id": "e", "id": "i"}, "alert_id", "e"),
    ({"id": "same every time", "order_id": "Long"}, "alert_id", None),
    ({"leverage": "125"}, "leverage", 125),
    ({"leverage": 10.0}, "leverage", 10),
    ({"lev": "10x"}, "leverage", 10),
    ({"leverage": "x 5"}, "leverage", 5),
    ({"type": "MARKET"}, "order_type", "market"),
    ({"order_type": "Limit", "price": 5}, "order_type", "limit"),
    ({"price": "45000,5"}, "price", Decimal("45000.5")),
    ({"price": 2, "order_price": 1}, "price", Decimal(1)),
    ({"price": 2, "order": {"price": 1}}, "price", Decimal(2)),
    ({"order_type": "limit", "limit_price": 3}, "price", Decimal(3)),
    ({"takeprofit": "63500.5"}, "take_profit", PRICE),
    ({"takeProfit": 63500.5}, "take_profit", PRICE),
    ({"Take-Profit": "2%"}, "take_profit", PERCENT),
    ({"tp1": "63500.5"}, "take_profit", PRICE),
    ({"plot": {"limit_price": "63500.5"}}, "take_profit", PRICE),
    ({"tp_percent": 2}, "take_profit", PERCENT),
    ({"sl": "63500.50"}, "stop_loss", PRICE),
    ({"stop": "63500.5", "plot": {"stop_price": 1}}, "stop_loss", PRICE),
    ({"stop_loss_pct": "2%"}, "stop_loss", PERCENT),
    ({"timenow": "2026-01-31T12:00:00Z", "timestamp": 1}, "fired_at", NOON),
    ({"fired_at": "2026-01-31 14:00+02:00"}, "fired_at", NOON),
    ({"timestamp": 1769860800}, "fired_at", NOON),
    ({"timestamp": "1769860800000"}, "fired_at", NOON),
    ({"timestamp": "1769860800.5"}, "fired_at", NOON.replace(microsecond=500_000)),
    ({"timestamp": "2026-01-31T12:00:00.123456789Z"}, "fired_at", NOON.replace(microsecond=123_456)),
    ({"time": "2020-01-01T00:00:00Z", "bar": {"timestamp": 1}}, "fired_at", None),
    ({"do_trade": False}, "do_trade", False),
    ({"doTrade": "no"}, "do_trade", False),
    ({"do_trade": 1}, "do_trade", True),
    ({"symbol": None, "ticker": "BYBIT:BTCUSDT.P"}, "symbol", "BYBIT:BTCUSDT.P"),
    ({"symbol": None, "bar": {"ticker": "BTCUSDT"}}, "symbol", "BTCUSDT"),
    ({"ticker": "BINANCE:BTC-USDT"}, "symbol", "BTCUSDT"),
    ({"symbol": "BTC/USDT:USDT", "ticker": "btc/usdt:usdt"}, "symbol", "BTC/USDT:USDT"),
    ({"takeprofit": "", "sl": None, "leverage": " "}, "leverage", None),
]

REFUSED = [
    ({"symbol": None}, "NO_SYMBOL"),
    ({"symbol": ["BTCUSDT"]}, "NO_SYMBOL"),
    ({"symbol": "B" * 65}, "NO_SYMBOL"),
    ({"symbol": float("nan")}, "NO_SYMBOL"),
    ({"ticker": "ETHUSDT"}, "CONFLICTING_FIELDS"),
    ({"ticker": "BTCUSDT.P"}, "CONFLICTING_FIELDS"),
    ({"symbol": "BYBIT:BTCUSDT", "ticker": "BINANCE:BTCUSDT"}, "CONFLICTING_FIELDS"),
    ({"symbol": "BTC/USDT:USDT", "ticker": "USDT"}, "CONFLICTING_FIELDS"),
    ({"botname": "a", "bot": "b"}, "CONFLICTING_FIELDS"),
    ({"tp1": 1, "tp2": 2}, "CONFLICTING_FIELDS"),
    ({"take_profit": 1, "takeProfit": 2}, "CONFLICTING_FIELDS"),
    ({"sl": 1, "stop_loss_percent": 2}, "CONFLICTING_FIELDS"),
    ({"order_type": "limit", "price": 1, "entry": 2}, "CONFLICTING_FIELDS"),
    ({"order_type": "limit", "type": "market"}, "CONFLICTING_FIELDS"),
    ({"leverage": 0}, "INVALID_LEVERAGE"),
    ({"leverage": "1.5"}, "INVALID_LEVERAGE"),
    ({"leverage": -5}, "INVALID_LEVERAGE"),
    ({"leverage": 1001}, "INVALID_LEVERAGE"),
    ({"leverage": "x10x"}, "INVALID_LEVERAGE"),
    ({"leverage": "cross"}, "INVALID_LEVERAGE"),
    ({"leverage": {"long": 5}}, "INVALID_LEVERAGE"),
    ({"price": "much"}, "INVALID_PRICE"),
    ({"takeprofit": "-2%"}, "INVALID_PRICE"),
    ({"sl": 0}, "INVALID_PRICE"),
    ({"sl": "null"}, "INVALID_PRICE"),
    ({"tp": [1, 2]}, "INVALID_PRICE"),
    ({"sl_percent": 0.02}, "INVALID_PRICE"),
    ({"stop_price": 60000}, "INVALID_PRICE"),
    ({"limit_price": 60000}, "INVALID_PRICE"),
    ({"leverage": "NaN"}, "NOT_FINITE"),
    ({"sl": float("nan")}, "NOT_FINITE"),
    ({"price": float("-inf")}, "NOT_FINITE"),
    ({"timenow": "NaN"}, "NOT_FINITE"),
    ({"timenow": "yesterday"}, "INVALID_TIME"),
    ({"timenow": "2026-01-31T12:00:00"}, "INVALID_TIME"),
    ({"timenow": "2026-02-30T12:00:00Z"}, "INVALID_TIME"),
    ({"timenow": "0001-01-01T00:00:00+23:00"}, "INVALID_TIME"),
    ({"timenow": "1999-12-31T23:59:59Z"}, "INVALID_TIME"),
    ({"timenow": "2100-01-01T00:00:00Z"}, "INVALID_TIME"),
    ({"timestamp": 5}, "INVALID_TIME"),
    ({"timestamp": 1769860800000000}, "INVALID_TIME"),
    ({"order_type": "stop"}, "INVALID_ORDER_TYPE"),
    ({"type": "STOP_LIMIT"}, "INVALID_ORDER_TYPE"),
    ({"do_trade": "maybe"}, "INVALID_FLAG"),
    ({"alert_id": "a" * 201}, "INVALID_NAME"),
    ({"botname": {"name": "a"}}, "INVALID_NAME"),
    ({"size": "{{strategy.order.contracts}}"}, "UNRESOLVED_PLACEHOLDER"),
    ({"side": "{{strategy.order.action}}"}, "UNRESOLVED_PLACEHOLDER"),
    ({"alert_id": "x-{{timenow}}"}, "UNRESOLVED_PLACEHOLDER"),
    ({"plot": {"stop_price": '{{plot("SL")}}'}}, "UNRESOLVED_PLACEHOLDER"),
]

BYTES = [
    (b"", "NOT_JSON"),
    (b"  \r\n", "NOT_JSON"),
    (b'{"side": buy}', "NOT_JSON"),
    (b'{"side": "buy"', "NOT_JSON"),
    (b'{"side": "buy"} {"side": "sell"}', "NOT_JSON"),
    (b'{"side": "buy\n"}', "NOT_JSON"),
    (b'{"size": {{strategy.order.contracts}}}', "NOT_JSON"),
    (b'["buy"]', "NOT_AN_OBJECT"),
    (b'"buy"', "NOT_AN_OBJECT"),
    (b"null", "NOT_AN_OBJECT"),
    (b"NaN", "NOT_AN_OBJECT"),
    (b"\xff\xfe{\x00}\x00", "NOT_TEXT"),
    (b'{"side": "\xed\xa0\x80"}', "NOT_TEXT"),
    (b'{"side": "buy\x00"}', "NOT_TEXT"),
    (b'{"side": "buy\\u0000"}', "NOT_TEXT"),
    (b'{"note": ["\\ud83d"]}', "NOT_TEXT"),
    (b'{"\\udc00": 1}', "NOT_TEXT"),
    (b'{"side": "buy", "side": "sell"}', "DUPLICATE_FIELD"),
    (b'{"bar": {"open": 1, "open": 2}}', "DUPLICATE_FIELD"),
    (b'{"\\ud800": 1, "\\ud800": 2}', "DUPLICATE_FIELD"),
    (b'{"a":' * 9 + b"1" + b"}" * 9, "TOO_DEEP"),
    (b"[" * 100_000, "TOO_DEEP"),
    (b'{"a":' * 100_000, "TOO_DEEP"),
]


@pytest.mark.parametrize(("fields", "name", "value"), FIELDS)
def test_a_field_is_read_under_each_of_its_names(fields, name, value):
    assert getattr(read_alert(alert(**fields)), name) == value


@pytest.mark.parametrize(("fields", "code"), REFUSED)
def test_a_field_that_cannot_be_read_is_refused_with_its_code(fields, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(alert(**fields))
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(("raw", "code"), BYTES, ids=range(len(BYTES)))
def test_bytes_that_are_no_json_object_are_refused_with_their_code(raw, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(raw)
    assert refused.value.code == code
    refused.value.message.encode()


@pytest.mark.parametrize(
    ("before", "after"), [(b"\xef\xbb\xbf", b""), (b"\r\n\t ", b" \n"), (b" \xef\xbb\xbf ", b"\r\n")]
)
def test_a_byte_order_mark_and_space_around_an_alert_do_not_matter(before, after):
    assert read_alert(before + alert() + after) == read_alert(alert())


def test_a_field_that_stands_twice_with_one_value_is_read():
    assert read_alert(b'{"side": "buy", "side": "buy", "symbol": "BTCUSDT"}').side == "buy"


def test_eight_levels_of_nesting_are_read():
    nested = json.loads('{"a":' * 7 + "1" + "}" * 7)
    assert read_alert(alert(deep=nested)).extra == {"deep.a.a.a.a.a.a.a": "1"}


def test_brackets_inside_of_text_are_no_nesting():
    assert read_alert(alert(note='\\" [[[[[[[[[[{{{{{{{{{{')).extra == {"note": '\\" [[[[[[[[[[{{{{{{{{{{'}


def test_a_number_of_any_length_costs_nothing():
    raw = b'{"side": "buy", "symbol": "BTCUSDT", "note": %s}' % (b"9" * 60_000)
    started = time.thread_time()
    assert len(read_alert(raw).extra["note"]) == 60_000
    assert time.thread_time() - started < 0.5


def test_an_unresolved_placeholder_is_named():
    with pytest.raises(Unreadable, match=r"size still holds the placeholder '\{\{strategy.order.contracts\}\}'"):
        read_alert(alert(size="{{strategy.order.contracts}}"))


def test_what_is_not_understood_is_kept_and_never_an_error():
    fields = {"interval": "5", "rsi": 70.10, "lists": [1, {"a": None}], "bar": {"open": 1}, "x": {"y": "{{z}}"}}
    assert read_alert(alert(**fields, gone=None, off=False)).extra == {
        "interval": "5",
        "rsi": "70.1",
        "lists": '["1", {"a": null}]',
        "bar.open": "1",
        "x.y": "{{z}}",
        "off": "false",
    }


def test_a_number_that_is_none_is_no_error_where_it_is_not_used():
    assert read_alert(alert(rsi=float("nan"))).extra == {"rsi": "NaN"}


def test_secrets_are_not_kept_among_the_extra_fields():
    secrets = {"secret": "a", "pass phrase": "b", "Signal-Token": "c", "key": {"d": "e"}}
    assert read_alert(alert(**secrets, list=[{"token": "f", "g": "h"}])).extra == {"list": '[{"g": "h"}]'}


def test_numbers_are_exact():
    raw = b'{"side": "buy", "symbol": "BTCUSDT", "price": 0.100000000000000005551}'
    assert read_alert(raw).price == Decimal("0.100000000000000005551")
