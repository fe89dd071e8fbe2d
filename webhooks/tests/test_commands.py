"""Short orders in words."""

import pytest

from trading.sizes import format_distance, format_size
from webhooks.reading.parsing import Unreadable, read_alert

ORDERS = [
    ("buy BTCUSDT 0.1", "buy", None, "BTCUSDT", "0.1"),
    ("Sell  BTCUSDT", "sell", None, "BTCUSDT", None),
    ("long BTCUSDT 10%", "buy", None, "BTCUSDT", "10%"),
    ("go short BINANCE:ETHUSDT.P risk 1%", "sell", None, "BINANCE:ETHUSDT.P", "risk 1%"),
    ("ENTER-LONG btcusdt 100 USDT", "buy", None, "btcusdt", "100 USDT"),
    ("buy BTC/USDT:USDT $50", "buy", None, "BTC/USDT:USDT", "50 USD"),
    ("buy 1000PEPEUSDT 0,5", "buy", None, "1000PEPEUSDT", "0.5"),
    ("close ETHUSDT", "close", None, "ETHUSDT", None),
    ("close long ETHUSDT 100%", "close", "long", "ETHUSDT", None),
    ("buy to cover ETHUSDT", "close", "short", "ETHUSDT", None),
    ("sell short ETHUSDT", "sell", None, "ETHUSDT", None),
    ("buy BTCUSDT\nsize: 0.1", "buy", None, "BTCUSDT", "0.1"),
    ("buy BTCUSDT 0.1, size=0.1", "buy", None, "BTCUSDT", "0.1"),
    ("sell BTCUSDT 100% reduce_only=true", "close", "long", "BTCUSDT", None),
]

UNCLEAR = [
    ("buy", "NO_SYMBOL"),
    ("close long", "NO_SYMBOL"),
    ("close all", "NO_SYMBOL"),
    ("buy 0.1 BTCUSDT", "NO_SYMBOL"),
    ("buy sell BTCUSDT", "NO_SYMBOL"),
    ("buy order BTCUSDT", "NO_SYMBOL"),
    ("buy BTCUSDT,ETHUSDT", "NO_SYMBOL"),
    ("buy sl=2%", "NO_SYMBOL"),
    ("buy BTCUSDT 1,000", "INVALID_SIZE"),
    ("buy BTCUSDT much", "INVALID_SIZE"),
    ("buy BTCUSDT -1", "INVALID_SIZE"),
    ("buy BTCUSDT @ 50000", "INVALID_SIZE"),
    ("buy BTCUSDT @50000", "INVALID_SIZE"),
    ("buy BTCUSDT 0.1 at market", "INVALID_SIZE"),
    ("buy BTCUSDT 0.1; sell ETHUSDT 1", "INVALID_SIZE"),
    ("buy BTCUSDT sl: 2%", "INVALID_SIZE"),
    ("close ETHUSDT 50%", "INVALID_SIZE"),
    ("close ETHUSDT now", "INVALID_SIZE"),
    ("buy the dip", "INVALID_SIZE"),
    ("buy BTCUSDT 1 size=2", "DUPLICATE_FIELD"),
    ("buy BTCUSDT 1 qty=2", "CONFLICTING_FIELDS"),
    ("buy BTCUSDT side=sell", "DUPLICATE_FIELD"),
    ("buy BTCUSDT action=sell", "CONFLICTING_FIELDS"),
    ("buy BTCUSDT symbol=ETHUSDT", "DUPLICATE_FIELD"),
    ("buy BTCUSDT ticker=ETHUSDT", "CONFLICTING_FIELDS"),
    ("buy BTCUSDT 0.1\nsell ETHUSDT 1", "UNCLEAR_TEXT"),
    ("buy BTCUSDT 0.1\nand hold", "UNCLEAR_TEXT"),
    ("do not buy BTCUSDT", "UNCLEAR_TEXT"),
    ("BTCUSDT buy", "UNCLEAR_TEXT"),
    ("open BTCUSDT", "UNCLEAR_TEXT"),
    ("buy {{ticker}}", "UNRESOLVED_PLACEHOLDER"),
    ("buy BTCUSDT {{strategy.order.contracts}}", "UNRESOLVED_PLACEHOLDER"),
    ("buy BTCUSDT sl={{plot_0}}", "UNRESOLVED_PLACEHOLDER"),
]


@pytest.mark.parametrize(("text", "side", "closes_only", "symbol", "size"), ORDERS)
def test_a_short_order_is_read(text, side, closes_only, symbol, size):
    read = read_alert(text.encode())
    assert (read.side, read.closes_only, read.symbol) == (side, closes_only, symbol)
    assert (read.size and format_size(read.size)) == size


@pytest.mark.parametrize(("text", "code"), UNCLEAR)
def test_a_short_order_that_could_mean_two_things_is_refused(text, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(text.encode())
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_fields_may_follow_a_short_order():
    read = read_alert(b"long BTCUSDT 10% tp=5% sl=2%\nleverage: 5\r\nalert_id: a 1")
    assert (read.leverage, read.alert_id, format_size(read.size)) == (5, "a 1", "10%")
    assert (format_distance(read.take_profit), format_distance(read.stop_loss)) == ("5%", "2%")
