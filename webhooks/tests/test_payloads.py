"""Alerts seen in public, verbatim: each one is read as it was meant, or refused with a reason; none is misread."""

import json
from decimal import Decimal

import pytest

from config.tests.recordings import ALERTS
from market.symbols import Market, UnknownSymbol, resolve
from trading.sizes import Size, SizeMode
from webhooks.reading.alerts import Side
from webhooks.reading.parsing import Unreadable, read_alert
from webhooks.secrets import find_secret, strike_out

ROWS = json.loads(ALERTS.read_text())["payloads"] if ALERTS.exists() else []
BODIES = {row["id"]: row["body"].encode() for row in ROWS}
EXPECTED = {row["id"]: row["expect"] for row in ROWS}
pytestmark = pytest.mark.skipif(not BODIES, reason=f"{ALERTS} is not there")

MARKETS = [Market("BTCUSDT", "BTC", "USDT", "USDT", "linear"), Market("CRVUSDT", "CRV", "USDT", "USDT", "linear")]
ORDERS = {("buy", None): "buy", ("sell", None): "sell", ("close", "long"): "sell", ("close", "short"): "buy"}
INTENTS = {
    ("buy", None): "open_long",
    ("sell", None): "open_short",
    ("close", "long"): "close_long",
    ("close", "short"): "close_short",
}
READ = [
    # id, side, closes only, symbol, size in units, stop-loss, take-profit, leverage, traded
    (4, "buy", None, "BTCUSD", "1", None, None, None, False),
    (5, "buy", None, "ETHUSDTPERP", "0.1", "2600.15", "3100.45", None, True),
    (6, "buy", None, "OSE:NK225M1!", "3", None, None, None, True),
    (7, "buy", None, "BTCUSDT", "0.1", None, None, None, True),
    (10, "sell", None, "BTCUSDTPERP", "0.006", None, None, 125, True),
    (11, "close", "short", "BTCUSDTPERP", None, None, None, 125, True),
    (12, "buy", None, "BTCUSDT.P", None, "63500.0", "66341.5", None, True),
    (13, "buy", None, "BTCUSDT.P", None, "63650.0", "65150.0", None, True),
    (14, "buy", None, "BTCUSDT.P", None, "68875.0", "70500.0", None, True),
    (15, "buy", None, "BTCUSDT.P", None, None, None, None, True),
    (16, "buy", None, "BTCUSDT.P", None, None, None, None, True),
    (18, "buy", None, "WINZ24", None, None, None, None, True),
    (20, "buy", None, "BTCUSD", "12.264199", None, None, None, True),
    (21, "buy", None, "EURUSD", "100", None, None, None, True),
    (22, "buy", None, "TICKER", "33.33", None, None, None, True),
    (27, "buy", None, "BTC-USDT", None, None, None, None, True),
    (28, "buy", None, "BTCUSDT", None, None, None, None, True),
    (31, "buy", None, "SOL-USDC", None, "120.00", "130.00", None, True),
    (39, "sell", None, "CRVUSDT", "1.115", None, None, None, True),
    (40, "sell", None, "CRVUSDT", "1.071", None, None, None, True),
]
REFUSED = {
    8: "INVALID_SIZE",
    9: "INVALID_SIZE",
    17: "NO_SIDE",
    24: "NOT_AN_OBJECT",
    25: "NO_SIDE",
    26: "NO_SIDE",
    41: "NO_SIDE",
    51: "INVALID_SIZE",
    **dict.fromkeys([3, 45], "NOT_JSON"),
    **dict.fromkeys([29, 30, 32, 34, 35, 42], "FOREIGN_FORMAT"),
    **dict.fromkeys([43, 44], "UNRESOLVED_PLACEHOLDER"),
}


def contradicted(number: int) -> dict[str, object]:
    """Return what is expected of a public alert and not what it was read as; nothing of one that is refused."""
    try:
        alert = read_alert(BODIES[number])
    except Unreadable:
        return {}
    told = {
        "side": ORDERS[alert.side, alert.closes_only],
        "intent": INTENTS[alert.side, alert.closes_only],
        "symbol": alert.symbol,
        "qty": alert.size and alert.size.value,
        "sl": alert.stop_loss and alert.stop_loss.price,
        "tp": alert.take_profit and alert.take_profit.price,
        "leverage": alert.leverage,
        "reject": reject_of(alert.symbol),
    }
    numbers = {"qty", "sl", "tp"}
    expected = {name: Decimal(str(value)) if name in numbers else value for name, value in EXPECTED[number].items()}
    return {name: value for name, value in expected.items() if told[name] != value}


def reject_of(symbol: str) -> str | None:
    try:
        resolve(symbol, MARKETS, default_kind="linear")
    except UnknownSymbol:
        return "unsupported_symbol"
    return None


@pytest.mark.parametrize("number", BODIES)
def test_no_public_alert_is_misread(number):
    assert contradicted(number) == {}


@pytest.mark.parametrize("row", READ, ids=lambda row: str(row[0]))
def test_a_public_alert_is_read_as_it_was_meant(row):
    number, side, closes_only, symbol, units, stop_loss, take_profit, leverage, do_trade = row
    alert = read_alert(BODIES[number])
    assert (alert.side, alert.closes_only, alert.symbol) == (Side(side), closes_only, symbol)
    assert alert.size == (units and Size(SizeMode.BASE, Decimal(units)))
    assert (alert.stop_loss and alert.stop_loss.price) == (stop_loss and Decimal(stop_loss))
    assert (alert.take_profit and alert.take_profit.price) == (take_profit and Decimal(take_profit))
    assert (alert.leverage, alert.do_trade) == (leverage, do_trade)


@pytest.mark.parametrize(("number", "code"), REFUSED.items())
def test_a_public_alert_that_is_unclear_is_refused_with_its_reason(number, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(BODIES[number])
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_every_public_alert_has_its_expectation_here():
    assert {row[0] for row in READ} | set(REFUSED) == set(BODIES)


@pytest.mark.parametrize(
    ("number", "secret"),
    [
        (3, "somelongstring123"),
        (4, "abcdefgh"),
        (9, "your-super-secret-key"),
        (10, "1945"),
        (35, "test-secret-min-32-chars-please"),
        (45, "AAD231DFEw"),
        (7, None),
        (20, None),
    ],
)
def test_the_secret_of_a_public_alert_is_found(number, secret):
    assert find_secret(BODIES[number]) == secret


@pytest.mark.parametrize("number", [row[0] for row in READ])
def test_a_public_alert_reads_the_same_once_its_secrets_are_struck_out(number):
    struck = strike_out(BODIES[number], [find_secret(BODIES[number]) or ""])
    assert read_alert(struck) == read_alert(BODIES[number])
