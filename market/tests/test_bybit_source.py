"""Bybit's prices over a real socket: the good answer, every fault of the line, every oddity of one symbol."""

import os
import socket
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.breaker import BreakerState
from market.models import Instrument
from market.sources.base import SourceBusy, SourceDown
from market.sources.http import JsonClient, _Deadline
from market.tests import bybit_server as fault
from market.tests.bybit_server import dripping_handshake, envelope, says, ticker

GARBAGE = b"\x00\xff\xfe{]"
HTML = "<!doctype html><title>One moment</title>"
LINEAR = {"category": "linear", "list": [ticker("BTCUSDT")]}

FAULTS = {
    "html with 200": says(HTML, Content_Type="text/html"),
    "empty body": says(""),
    "garbage": says(GARBAGE),
    "json that is a list": says("[]"),
    "json that is null": says("null"),
    "json nested too deep": says("[" * 100_000),
    "number too long to read": says('{"time": ' + "9" * 5000 + "}"),
    "500": says("{}", 500),
    "502 with html": says(HTML, 502),
    "404": says("{}", 404),
    "redirect": fault.redirect,
    "cut line": fault.cut_line,
    "length too short": fault.too_short_a_length,
    "hung up": fault.hang_up,
    "huge": fault.huge,
    "dripping body": fault.drip_body,
    "dripping headers": fault.drip_headers,
    "silence": fault.silence,
    "not gzip": says("{}", Content_Encoding="gzip"),
    "refused by code": envelope(retCode=10001),
    "code as text": envelope(retCode="0"),
    "code false": envelope(retCode=False),
    "no code": envelope(retCode=None),
    "no result": envelope(result=None),
    "list missing": envelope(result={"category": "linear"}),
    "list is an object": envelope(result={"category": "linear", "list": {}}),
    "another category": envelope(result={"category": "spot", "list": []}),
    "time missing": envelope(time=None),
    "time as text": envelope(time="1700000000000"),
    "time beyond the calendar": envelope(time=10**30),
    "time far ahead": envelope(time=4102444800000),
}

pytestmark = pytest.mark.django_db


def fetched(source, instruments):
    return {quote.instrument_id: quote for quote in source.fetch(instruments, clock=timezone.now)}


def test_prices_are_exact_and_from_now(exchange, bybit, on_bybit, btcusdt):
    quote = fetched(bybit, on_bybit)[btcusdt.id]
    assert (quote.bid, quote.ask, quote.last) == (Decimal("50000.1"), Decimal("50000.2"), Decimal("50000.1"))
    assert timedelta(0) <= timezone.now() - quote.at < timedelta(seconds=5)


def test_a_category_is_one_request(exchange, bybit, on_bybit):
    assert fetched(bybit, on_bybit).keys() == {row.id for row in on_bybit}
    assert exchange.asked == [{"category": ["linear"]}]


def test_one_instrument_alone_is_asked_for_by_name(exchange, bybit, btcusdt):
    assert fetched(bybit, [btcusdt]).keys() == {btcusdt.id}
    assert exchange.asked == [{"category": ["linear"], "symbol": ["BTCUSDT"]}]


def test_spot_and_perpetual_of_one_pair_are_two_markets(exchange, bybit, btcusdt):
    spot = Instrument(symbol="BTC/USDT", kind="spot", base="BTC", quote="USDT")
    exchange.tickers["spot"] = [ticker("BTCUSDT", "49999", "50000")]
    quotes = fetched(bybit, [btcusdt, spot])
    assert (quotes[spot.id].bid, quotes[btcusdt.id].bid) == (Decimal(49999), Decimal("50000.1"))


@pytest.mark.parametrize("broken", FAULTS.values(), ids=FAULTS)
def test_fault_is_an_outage(exchange, bybit, on_bybit, broken):
    exchange.fault = broken
    assert fetched(bybit, on_bybit) == {}
    assert fetched(bybit, on_bybit) == {}
    assert fetched(bybit, on_bybit) == {}
    assert bybit.breaker_state() == BreakerState.OPEN


@pytest.mark.parametrize("name", ["dripping body", "dripping headers", "silence"])
def test_slow_answer_is_given_up_at_the_deadline(exchange, name):
    exchange.fault = FAULTS[name]
    with pytest.raises(SourceDown, match="too long"):
        JsonClient(deadline_seconds=0.3).get(exchange.url, {"category": "linear"})
    assert not exchange.waited_out


def test_handshake_that_drips_is_given_up_at_the_deadline():
    with dripping_handshake() as url, pytest.raises(SourceDown, match="too long"):
        JsonClient(deadline_seconds=0.3).get(url, {})


def test_connection_that_is_made_after_the_deadline_is_cut():
    here, there = socket.socketpair()
    with here, there, _Deadline(60) as deadline:
        deadline._cut()
        deadline.watch(here)
        assert there.recv(1) == b""


def test_connection_used_before_is_cut_too_and_the_client_sound_afterwards(exchange):
    client = JsonClient(deadline_seconds=2)
    client.get(exchange.url, {"category": "linear"})
    exchange.fault = fault.drip_body
    with pytest.raises(SourceDown):
        client.get(exchange.url, {"category": "linear"})
    assert not exchange.waited_out
    exchange.fault = None
    assert client.get(exchange.url, {"category": "linear"})["retCode"] == 0


def test_what_the_server_sent_is_in_no_message(exchange, bybit, on_bybit, caplog):
    exchange.fault = envelope(retCode=10001, retMsg="SECRET-TEXT")
    fetched(bybit, on_bybit)
    exchange.fault = says("SECRET-TEXT", 500)
    fetched(bybit, on_bybit)
    assert "500" in caplog.text
    assert "SECRET-TEXT" not in caplog.text


def test_refused_connection_is_an_outage(settings, bybit, on_bybit):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EXCHANGE_URLS = {"bybit": f"http://127.0.0.1:{closed.getsockname()[1]}"}
        assert fetched(bybit, on_bybit) == {}


def test_unknown_host_is_an_outage(settings, bybit, on_bybit):
    settings.EXCHANGE_URLS = {"bybit": "http://exchange.invalid"}
    assert fetched(bybit, on_bybit) == {}


@pytest.mark.parametrize(
    ("busy", "wait_seconds"),
    [
        (says("", 429), 10),
        (says("", 429, Retry_After="7"), 7),
        (says("", 429, Retry_After="99999"), 600),
        (says("", 429, Retry_After="Fri, 31 Dec 2027 23:59:59 GMT"), 10),
        (says("", 403), 600),
        (envelope(retCode=10006), 5),
    ],
)
def test_too_many_requests_make_every_category_wait(exchange, bybit, on_bybit, seconds, busy, wait_seconds):
    spot = Instrument(symbol="BTC/USDT", kind="spot", base="BTC", quote="USDT")
    exchange.fault = busy
    fetched(bybit, on_bybit)
    exchange.fault = None
    seconds.now += wait_seconds - 0.1
    assert fetched(bybit, [*on_bybit, spot]) == {}
    seconds.now += 0.2
    assert len(fetched(bybit, [*on_bybit, spot])) == 5


def test_a_busy_server_says_how_long(exchange):
    exchange.fault = says("", 429, Retry_After="3")
    with pytest.raises(SourceBusy) as busy:
        JsonClient().get(exchange.url, {})
    assert busy.value.wait_seconds == 3


@pytest.mark.parametrize(
    "odd",
    [
        *({"lastPrice": text} for text in ("", "0", "0.0", "-1", "NaN", "Infinity", "1e5", " 1", "1_0", "٣", "x")),
        *({"bid1Price": text} for text in ("9" * 400, "0.00000000001", "1000000000", None, 50000.1, 5, [], {})),
        {"bid1Price": "50000.3"},
        {"ask1Price": ""},
        {"bid1Price": "40000"},
        {"ask1Price": "60100"},
        {"lastPrice": "9999"},
        {"lastPrice": "500000"},
    ],
    ids=str,
)
def test_odd_symbol_is_left_out_alone(exchange, bybit, on_bybit, btcusdt, odd):
    exchange.tickers["linear"][0] |= odd
    assert fetched(bybit, on_bybit).keys() == {row.id for row in on_bybit} - {btcusdt.id}
    assert bybit.breaker_state() == BreakerState.CLOSED


@pytest.mark.parametrize("rows", [[], [ticker("BTCUSDT"), ticker("BTCUSDT", "49000")], ["BTCUSDT", None, {}, [[]]]])
def test_symbol_that_is_missing_or_there_twice_is_left_out(exchange, bybit, btcusdt, rows):
    exchange.tickers["linear"] = rows
    assert fetched(bybit, [btcusdt]) == {}
    assert bybit.breaker_state() == BreakerState.CLOSED


def test_left_out_symbol_is_logged_once(exchange, bybit, on_bybit, caplog):
    exchange.tickers["linear"][0]["lastPrice"] = "-0.1"
    fetched(bybit, on_bybit)
    fetched(bybit, on_bybit)
    assert caplog.text.count("no sound price of: BTCUSDT") == 1


def test_bid_equal_to_ask_is_sound(exchange, bybit, btcusdt):
    exchange.tickers["linear"][0]["bid1Price"] = "50000.2"
    assert fetched(bybit, [btcusdt])[btcusdt.id].mid == Decimal("50000.2")


@pytest.mark.parametrize("broken", [FAULTS["500"], fault.drip_body], ids=["500", "dripping body"])
def test_category_that_fails_leaves_the_others_alone(exchange, bybit, btcusdt, broken):
    spot = Instrument(symbol="BTC/USDT", kind="spot", base="BTC", quote="USDT")
    exchange.faults["spot"] = broken
    assert fetched(bybit, [btcusdt, spot]).keys() == {btcusdt.id}


def test_no_handle_is_left_open(exchange, bybit, btcusdt):
    fetched(bybit, [btcusdt])
    before = len(os.listdir("/proc/self/fd"))
    fetched(bybit, [btcusdt])
    exchange.fault = fault.hang_up
    fetched(bybit, [btcusdt])
    exchange.fault = None
    fetched(bybit, [btcusdt])
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # the server's end of a connection made anew


def test_process_that_fetched_nothing_knows_no_breaker(bybit):
    assert bybit.breaker_state() is None


def option(symbol, base):
    return Instrument(
        symbol=symbol, venue="bybit", kind="option", base=base, quote="USDT", listed_at=timezone.now(), source="bybit"
    )


def test_options_are_asked_for_by_their_coin(exchange, bybit):
    bitcoins = [option("BTC-1", "BTC"), option("BTC-2", "BTC")]
    exchange.tickers["option"] = [ticker("BTC-1"), ticker("BTC-2"), ticker("ETH-1")]
    assert len(fetched(bybit, [*bitcoins, option("ETH-1", "ETH")])) == 3
    assert exchange.asked == [
        {"category": ["option"], "baseCoin": ["BTC"]},
        {"category": ["option"], "symbol": ["ETH-1"]},
    ]


def test_symbol_that_is_sound_again_is_logged_once(exchange, bybit, btcusdt, caplog):
    exchange.tickers["linear"][0]["lastPrice"] = ""
    fetched(bybit, [btcusdt])
    exchange.tickers["linear"][0]["lastPrice"] = "50000"
    fetched(bybit, [btcusdt])
    fetched(bybit, [btcusdt])
    assert caplog.text.count("no sound price of no longer: BTCUSDT") == 1
