"""Alerts of key=value and key: value."""

from datetime import UTC, datetime

import pytest

from trading.sizes import format_distance, format_size
from webhooks.reading.parsing import Unreadable, read_alert

SEPARATED = [
    "side=sell symbol=BTCUSDT size=0.5 sl=2%",
    "side=sell,symbol=BTCUSDT,size=0.5,sl=2%",
    "side=sell, symbol=BTCUSDT, size=0,5, sl=2%,",
    "side=sell;symbol=BTCUSDT;size=0,5;sl=2%;",
    "side=sell&symbol=BTCUSDT&size=0.5&sl=2%",
    "side=sell&symbol=BTC%55SDT&size=%30.5&sl=2%25",
    "side=sell\r\nsymbol=BTCUSDT\r\nsize=0.5\r\n\r\nsl=2%\r\n",
    "side = sell ;\\nsymbol = BTCUSDT ;\\\\nsize=0.5\\r\\nsl=2%",
    "side=\"sell\" symbol='BTCUSDT' size=“0.5” sl=‘2%’",
    "side: sell\nsymbol: BTCUSDT\nsize: 0.5\nStop Loss: 2%",
    "side:sell\nsymbol:BTCUSDT\nsize:0.5\nsl:2%",
    "side: sell, symbol: BTCUSDT, size: 0.5, sl: 2%",
    "side: sell\nsymbol=BTCUSDT\nsize: 0.5 sl=2%",
    '""side=sell;symbol=BTCUSDT;size=0.5;sl=2%""',
    "\ufeff strategy.order.action=sell ticker=BTCUSDT strategy.order.contracts=0.5 stopLoss=2%",
    "EXCHANGE=KUCOIN;SYMBOL=BTCUSDT;SIGNAL=sell;VOLUME=0.5;STOP_LOSS=2%",
]

UNCLEAR = [
    ("side=buy symbol=BTC secret='a'USDT", "UNCLEAR_TEXT"),
    ("symbol=BTCUSDT side=close secret=a long", "UNCLEAR_TEXT"),
    ("side=buy symbol=BTCUSDT\nclose ETHUSDT", "UNCLEAR_TEXT"),
    ("side=buy; BTCUSDT", "UNCLEAR_TEXT"),
    ("side:\nbuy", "UNCLEAR_TEXT"),
    ("symbol: BTCUSDT\nside: sell\nTake profits: TP1: 5 TP2: 6", "UNCLEAR_TEXT"),
    ("https://example.com/?side=buy&symbol=BTCUSDT", "UNCLEAR_TEXT"),
    ("market(side=buy, symbol=BTCUSDT)", "UNCLEAR_TEXT"),
    ("BINANCE:BTCUSDT side=buy", "UNCLEAR_TEXT"),
    ("side: buy symbol: BTCUSDT", "UNKNOWN_SIDE"),
    ("side=buy or sell symbol=BTCUSDT", "UNKNOWN_SIDE"),
    ("side=buy|symbol=BTCUSDT", "UNKNOWN_SIDE"),
    ("side=buy side=sell symbol=BTCUSDT", "DUPLICATE_FIELD"),
    ("side=buy action=sell symbol=BTCUSDT", "CONFLICTING_FIELDS"),
    ("side=buy symbol=BTCUSDT tp1=5 tp2=6", "CONFLICTING_FIELDS"),
    ("EXCHANGE=X;SYMBOL=BTCUSDT;SIGNAL=buy;VOLUME=1;QUANTITY=2", "CONFLICTING_FIELDS"),
    ("side=buy symbol=BTCUSDT size=1,000", "INVALID_SIZE"),
    ("side=buy symbol=BTCUSDT size=1 2", "INVALID_SIZE"),
    ("side=buy symbol=BTCUSDT sl=2%, 3%", "INVALID_PRICE"),
    ("side=buy symbol=BTCUSDT size=NaN", "NOT_FINITE"),
    ("side=buy symbol=BTCUSDT size={{x}}", "UNRESOLVED_PLACEHOLDER"),
    ("side=buy&symbol=BTC%00USDT", "NOT_TEXT"),
    ("symbol=BTCUSDT", "NO_SIDE"),
    ("side=buy", "NO_SYMBOL"),
    ("rsi: 70", "NO_SIDE"),
]


@pytest.mark.parametrize("text", SEPARATED)
def test_fields_are_read_however_they_are_separated_and_quoted(text):
    read = read_alert(text.encode())
    assert (read.side, read.symbol) == ("sell", "BTCUSDT")
    assert (format_size(read.size), format_distance(read.stop_loss)) == ("0.5", "2%")


@pytest.mark.parametrize(("text", "code"), UNCLEAR)
def test_fields_that_could_mean_two_things_are_refused(text, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(text.encode())
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_a_value_may_hold_spaces_colons_and_quoted_separators():
    text = 'side=close long; symbol=BINANCE:BTCUSDT note="a; side=sell" timenow=2026-01-31 12:00:00Z alert_id=a b'
    read = read_alert(text.encode())
    assert (read.side, read.closes_only, read.symbol, read.alert_id) == ("close", "long", "BINANCE:BTCUSDT", "a b")
    assert read.fired_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read.extra["note"] == "a; side=sell"


def test_a_percent_sign_of_its_own_is_no_escape():
    assert format_size(read_alert(b"side=buy&symbol=BTCUSDT&size=10%&tp=20%").size) == "10%"


def test_the_position_of_the_strategy_tells_an_exit_from_an_entry_in_texts_too():
    read = read_alert(b"action=sell;ticker=BTCUSDT;market_position=flat;prev_market_position=long;contracts=3")
    assert (read.side, read.closes_only, read.size) == ("close", "long", None)


@pytest.mark.parametrize("more", ["", "EXCHANGE=X close=5 ", "open=5 high=6 EXCHANGE=X "])
def test_a_volume_that_may_be_the_markets_is_no_size(more):
    assert read_alert(f"{more}SIGNAL=buy SYMBOL=BTCUSDT VOLUME=1000".encode()).size is None


def test_what_stands_around_a_secret_does_not_grow_together():
    assert format_distance(read_alert(b"side=buy symbol=BTCUSDT secret='a'sl=2%").stop_loss) == "2%"


def test_an_empty_field_is_absent():
    assert read_alert(b"size= sl=\nside=buy;symbol=BTCUSDT;leverage=").size is None
