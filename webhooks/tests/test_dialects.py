"""Other platforms' alerts: what means the same here runs unchanged, and its twins are refused with the reason."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trading.sizes import Size, SizeMode, format_distance, format_size
from webhooks.reading.dialects.catalogue import DIALECTS
from webhooks.reading.dialects.dialect import quote_currency
from webhooks.reading.parsing import Unreadable, name_dialect, read_alert

SIGNAL = {
    "secret": "eyJhbGciOiJIUzI1NiJ9",
    "max_lag": "300",
    "timestamp": "2026-01-31T12:00:00Z",
    "trigger_price": "50000.5",
    "tv_exchange": "BINANCE",
    "tv_instrument": "BTCUSDT.P",
    "action": "buy",
    "bot_uuid": "f5a0d2a8-0c1d-4d4b-9d25-8d9f3e6c1f11",
    "strategy_info": {
        "market_position": "long",
        "market_position_size": "0.5",
        "prev_market_position": "flat",
        "prev_market_position_size": "0",
    },
    "order": {"amount": "0.5", "currency_type": "base"},
}
DCA = {
    "message_type": "bot",
    "bot_id": 1234567,
    "email_token": "11111111-2222-3333",
    "delay_seconds": 0,
    "pair": "USDT_BTC",
    "action": "close_at_market_price",
}
POST = {"ticker": "BTCUSDT", "action": "buy", "sentiment": "bullish", "quantity": "0.1", "signalPrice": "50000"}
CODE = {"code": "ENTER-LONG_BINANCE_BTCUSDT_Groot_4M_c1d9bfa4", "orderType": "market", "leverage": 5}
AUTOVIEW = "e=bybit s=BTCUSDT b=long q=0.1 l=5 t=market tp=2% sl=1%"
WHEN_FLAT = {"market_position": "flat", "prev_market_position": "long"}


SCALARS = st.one_of(
    st.sampled_from(
        ["", "buy", "exit_long", "flat", "100", "NaN", "base", "percents", "market", "USDT_BTC", "_", "{{x}}"]
    ),
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["amount", "percent", "type", "limitPrice"]), SCALARS),
)
CHANGED = st.one_of(
    *(
        st.dictionaries(st.sampled_from(sorted(template)), VALUES, max_size=4).map(template.__or__)
        for template in (SIGNAL, DCA, {**POST, "quantityType": "base", "stopLoss": "1", "takeProfit": "2"}, CODE)
    )
)


def body(template, **fields):
    """Return the bytes of a template with `fields` set anew or, where None, taken away."""
    return json.dumps({name: value for name, value in {**template, **fields}.items() if value is not None}).encode()


def said(raw):
    """Return what an alert is read as: side, which position a close is about, symbol, size, take-profit, stop-loss."""
    alert = read_alert(raw)
    exits = (exit_ and format_distance(exit_) for exit_ in (alert.take_profit, alert.stop_loss))
    return (str(alert.side), alert.closes_only, alert.symbol, alert.size and format_size(alert.size), *exits)


def refusal(raw):
    with pytest.raises(Unreadable) as refused:
        read_alert(raw)
    return refused.value


READ = [
    (body(SIGNAL), ("buy", None, "BINANCE:BTCUSDT.P", "0.5", None, None)),
    (body(SIGNAL, tv_exchange=None), ("buy", None, "BTCUSDT.P", "0.5", None, None)),
    (body(SIGNAL, order=None), ("buy", None, "BINANCE:BTCUSDT.P", None, None, None)),
    (
        body(SIGNAL, action="enter_short", strategy_info=None, order={"amount": "100", "currency_type": "quote"}),
        ("sell", None, "BINANCE:BTCUSDT.P", "100 USDT", None, None),
    ),
    (body(SIGNAL, action="sell", strategy_info=WHEN_FLAT), ("close", "long", "BINANCE:BTCUSDT.P", None, None, None)),
    (
        body(
            SIGNAL, action="exit_long", strategy_info=None, order={"amount": "100", "currency_type": "position_percent"}
        ),
        ("close", "long", "BINANCE:BTCUSDT.P", None, None, None),
    ),
    (
        body(SIGNAL, action="exit_short", strategy_info=None, order=None),
        ("close", "short", "BINANCE:BTCUSDT.P", None, None, None),
    ),
    (body(DCA), ("close", None, "BTC_USDT", None, None, None)),
    (body(DCA, delay_seconds=None), ("close", None, "BTC_USDT", None, None, None)),
    (body(POST), ("buy", None, "BTCUSDT", "0.1", None, None)),
    (body(POST, action="sell", sentiment="flat"), ("close", "long", "BTCUSDT", None, None, None)),
    (body(POST, action="sell", sentiment="bearish"), ("sell", None, "BTCUSDT", "0.1", None, None)),
    (body(POST, action="exit", sentiment=None, quantity=None), ("close", None, "BTCUSDT", None, None, None)),
    (body(POST, quantity="50", quantityType="dollar_amount"), ("buy", None, "BTCUSDT", "50 USD", None, None)),
    (body(POST, quantity=10, quantityType="percent_of_equity"), ("buy", None, "BTCUSDT", "10%", None, None)),
    (body(POST, quantity=2, quantityType="risk_percent"), ("buy", None, "BTCUSDT", "risk 2%", None, None)),
    (
        body(POST, takeProfit={"percent": 10}, stopLoss={"type": "stop", "percent": 5}),
        ("buy", None, "BTCUSDT", "0.1", "10%", "5%"),
    ),
    (
        body(POST, takeProfit={"limitPrice": 60000}, stopLoss={"stopPrice": 45000}),
        ("buy", None, "BTCUSDT", "0.1", "60000", "45000"),
    ),
    (body(CODE), ("buy", None, "BTCUSDT", None, None, None)),
    (
        body(CODE, amountPerTradeType="quote", amountPerTrade=100.5),
        ("buy", None, "BTCUSDT", "100.5 USDT", None, None),
    ),
    (body(CODE, amountPerTradeType="base", amountPerTrade="0.1"), ("buy", None, "BTCUSDT", "0.1", None, None)),
    (body(CODE, amountPerTradeType="$", amountPerTrade="50"), ("buy", None, "BTCUSDT", "50 USD", None, None)),
    (body(CODE, takeProfits=[], stopLoss="48000"), ("buy", None, "BTCUSDT", None, None, "48000")),
    (b"ENTER-SHORT_KUCOIN_BTC-USDT_BOT_1H_744bde7b", ("sell", None, "BTC-USDT", None, None, None)),
    (b"EXIT-LONG_BINANCE_BTCUSDT_BOT_1H_744bde7b", ("close", "long", "BTCUSDT", None, None, None)),
    (b"EXIT-ALL_BINANCE_BTCUSDT_BOT_short_1H_744bde7b", ("close", None, "BTCUSDT", None, None, None)),
    (AUTOVIEW.encode(), ("buy", None, "BTCUSDT", "0.1", "2%", "1%")),
    (b"e=kucoin s=BTCUSDT b=sell t=market", ("sell", None, "BTCUSDT", None, None, None)),
    (b"e=bybit s=BTCUSDT c=position", ("close", None, "BTCUSDT", None, None, None)),
    (b"e=bybit s=BTCUSDT c=position b=short q=100% t=market ro=1", ("close", "short", "BTCUSDT", None, None, None)),
]

REFUSED = [
    # 3Commas: a part of a position, a share of that bot's money, two sides, a currency that could be two.
    (body(SIGNAL, action="exit_long", strategy_info=None), "INVALID_SIZE", "part of the position"),
    (
        body(
            SIGNAL, action="exit_long", strategy_info=None, order={"amount": "50", "currency_type": "position_percent"}
        ),
        "INVALID_SIZE",
        "part of the position",
    ),
    (body(SIGNAL, order={"amount": "10", "currency_type": "margin_percent"}), "FOREIGN_FORMAT", "share of that bot"),
    (body(SIGNAL, order={"amount": "10"}), "FOREIGN_FORMAT", "base or quote"),
    (body(SIGNAL, order=["0.5"]), "FOREIGN_FORMAT", "no object"),
    (
        body(SIGNAL, tv_instrument="XBTUSD", order={"amount": "10", "currency_type": "quote"}),
        "FOREIGN_FORMAT",
        "which currency",
    ),
    (body(SIGNAL, action="sell"), "CONFLICTING_FIELDS", "disagree"),
    (body(SIGNAL, action="disable"), "UNKNOWN_SIDE", "not known"),
    (body(SIGNAL, symbol="ETHUSDT"), "DUPLICATE_FIELD", "symbol"),
    (body(SIGNAL, ticker="ETHUSDT"), "CONFLICTING_FIELDS", "disagree"),
    (body(SIGNAL, max_lag="soon"), "INVALID_TIME", "whole number of seconds"),
    (body(SIGNAL, max_lag="0"), "INVALID_TIME", "above zero"),
    (body(SIGNAL, tv_instrument="", tv_exchange=""), "NO_SYMBOL", "no symbol"),
    (body(DCA, action=None), "FOREIGN_FORMAT", "close_at_market_price"),
    (body(DCA, action="add_funds_in_quote"), "FOREIGN_FORMAT", "close_at_market_price"),
    (body(DCA, delay_seconds=30), "FOREIGN_FORMAT", "delay_seconds"),
    (body(DCA, pair="BTCUSDT"), "FOREIGN_FORMAT", "USDT_BTC"),
    # TradersPost: a part of a position, an order against its own sentiment, an option, a trailing stop.
    (body(POST, action="exit", sentiment=None), "INVALID_SIZE", "part of the position"),
    (body(POST, action="sell", sentiment="bullish"), "CONFLICTING_FIELDS", "disagree"),
    (body(POST, sentiment="hopeful"), "UNKNOWN_SIDE", "neither bullish"),
    (body(POST, action="cancel"), "UNKNOWN_SIDE", "not known"),
    (body(POST, action="add"), "UNKNOWN_SIDE", "not known"),
    (body(POST, quantity="0.1", quantityType="percent_of_equity"), "INVALID_SIZE", "percent or a fraction"),
    (body(POST, quantity="50", quantityType="percent_of_position"), "INVALID_SIZE", "part of the position"),
    (body(POST, quantity="50", quantityType="risk_dollar_amount"), "FOREIGN_FORMAT", "quantityType"),
    (body(POST, optionType="call"), "FOREIGN_FORMAT", "option"),
    (body(POST, stopLoss={"type": "trailing_stop", "percent": 5}), "INVALID_PRICE", "plain stop"),
    (body(POST, stopLoss={"percent": 5, "stopPrice": 45000}), "INVALID_PRICE", "one of stopPrice"),
    (body(POST, takeProfit={"amount": 5}), "INVALID_PRICE", "one of limitPrice"),
    (body(POST, size="1"), "CONFLICTING_FIELDS", "disagree"),
    # WunderTrading: no one pair, shares of a portfolio, deviations, another word beside the code.
    (b"ENTER-LONG_Bybit_NONE_Eth short 15_15M_8e34479c", "FOREIGN_FORMAT", "single pair"),
    (b"ENTER-LONG_BINANCE_FUTURES_BTCUSDT_Groot_4M_c1", "FOREIGN_FORMAT", "single pair"),
    (b"ENTER-ALL_BINANCE_BTCUSDT_Groot_4M_c1", "FOREIGN_FORMAT", "of the form"),
    (b"ENTER-LONG_BINANCE_BTCUSDT", "FOREIGN_FORMAT", "of the form"),
    (b"ENTER-LONG_BINANCE_BTCUSDT_a_1H_b\nEXIT-LONG_BINANCE_BTCUSDT_a_1H_b", "FOREIGN_FORMAT", "only line"),
    (body(CODE, amountPerTradeType="percents", amountPerTrade=0.1), "FOREIGN_FORMAT", "percents"),
    (body(CODE, amountPerTradeType="contracts", amountPerTrade=1), "FOREIGN_FORMAT", "base, quote"),
    (body(CODE, takeProfits=[{"priceDeviation": 0.05}]), "FOREIGN_FORMAT", "takeProfits"),
    (body(CODE, stopLoss={"priceDeviation": 0.05}), "FOREIGN_FORMAT", "stopLoss"),
    (body(CODE, action="sell"), "CONFLICTING_FIELDS", "disagree"),
    (body(CODE, symbol="ETHUSDT"), "DUPLICATE_FIELD", "symbol"),
    # Autoview: several orders, limit orders, sizes that count something else, fields of unknown effect.
    (f"{AUTOVIEW} | e=bybit s=BTCUSDT c=order".encode(), "FOREIGN_FORMAT", "more than one order"),
    (f"{AUTOVIEW}\n{AUTOVIEW}".encode(), "FOREIGN_FORMAT", "more than one order"),
    (b"e=bybit s=BTCUSDT b=long q=0.1", "FOREIGN_FORMAT", "t=market"),
    (b"e=bybit s=BTCUSDT b=long q=0.1 t=limit", "FOREIGN_FORMAT", "t=market"),
    (b"e=bybit s=BTCUSDT b=long q=10% t=market", "FOREIGN_FORMAT", "percents"),
    (b"e=bitmex s=XBTUSD b=long q=100 t=market", "FOREIGN_FORMAT", "contracts"),
    (b"e=okx s=BTCUSDT b=long q=1 t=market", "FOREIGN_FORMAT", "contracts"),
    (b"e=bybit s=BTCUSDT b=long t=market sl=100", "FOREIGN_FORMAT", "percents"),
    (b"e=bybit s=BTCUSDT b=long t=market ts=2%", "FOREIGN_FORMAT", "ts="),
    (b"e=bybit s=BTCUSDT b=short t=market ro=1", "FOREIGN_FORMAT", "ro="),
    (b"e=bybit s=BTCUSDT t=market", "FOREIGN_FORMAT", "b="),
    (b"e=bybit s=BTCUSDT c=order", "FOREIGN_FORMAT", "c=position"),
    (b"e=bybit s=BTCUSDT c=position q=50%", "FOREIGN_FORMAT", "whole position"),
    (b"e=bybit s=BTCUSDT c=position t=limit", "FOREIGN_FORMAT", "at the market"),
    (b"e=bybit s=BTCUSDT c=position sl=2%", "FOREIGN_FORMAT", "mean nothing"),
    (b"e=bybit b=long t=market", "NO_SYMBOL", "no symbol"),
]

NAMED = [
    (body(SIGNAL), "3commas_signal_bot"),
    (body(DCA), "3commas_dca_bot"),
    (body(POST), "traderspost"),
    (body(CODE), "wundertrading"),
    (b"EXIT-ALL_BINANCE_BTCUSDT_BOT_1H_744bde7b", "wundertrading"),
    (AUTOVIEW.encode(), "autoview"),
    (b"3896,buy,EURUSD,risk=2,sl=50", "pineconnector"),
    (b"bybit(BTCUSD) { market(side=buy, amount=1); }", "alertatron"),
    (b'{"side": "buy", "symbol": "BTCUSDT"}', "json"),
    (b'{"ticker": "BTCUSDT", "action": "buy"}', "json"),
    (b"side=buy symbol=BTCUSDT", "key_value"),
    (b"order buy @ 1 filled on BTCUSDT. New strategy position is 1", "tradingview_order"),
    (b"buy BTCUSDT 0.1", "short_order"),
    (b"hello", "unknown"),
]


@pytest.mark.parametrize(("raw", "expected"), READ)
def test_what_means_the_same_here_runs_unchanged(raw, expected):
    assert said(raw) == expected


@pytest.mark.parametrize(("raw", "code", "reason"), REFUSED)
def test_what_could_mean_something_else_is_refused_with_the_reason(raw, code, reason):
    refused = refusal(raw)
    assert (refused.code, reason in refused.message) == (code, True)
    assert refused.message.endswith(".")


@pytest.mark.parametrize(("raw", "name"), NAMED)
def test_a_dialect_has_a_name(raw, name):
    assert name_dialect(raw) == name


@given(CHANGED)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_a_dialect_holds_it_is_read_or_refused(fields):
    with suppress(Unreadable):
        read_alert(json.dumps(fields).encode())


def test_each_dialect_is_among_those_that_are_named_here():
    assert {dialect.name for dialect in DIALECTS} <= {name for _, name in NAMED}


def test_an_order_of_3commas_that_turns_the_position_opens_its_new_size_only():
    turned = {**SIGNAL["strategy_info"], "prev_market_position": "short", "prev_market_position_size": "0.5"}
    raw = body(SIGNAL, strategy_info=turned, order={"amount": "1", "currency_type": "base"})
    assert read_alert(raw).size == Size(SizeMode.BASE, Decimal("0.5"))


def test_the_moment_and_the_patience_of_3commas_are_kept():
    alert = read_alert(body(SIGNAL))
    assert (alert.fired_at.isoformat(), alert.max_lag_seconds) == ("2026-01-31T12:00:00+00:00", 300)


@pytest.mark.parametrize(
    ("symbol", "currency"),
    [
        ("BTCUSDT", "USDT"),
        ("BYBIT:BTCUSDT.P", "USDT"),
        ("BTC-USD", "USD"),
        ("BTCEUR", "EUR"),
        ("XBT/USD", "USD"),
        ("XBTUSD", ""),
        ("SHIBUSD", ""),
        ("BTCFDUSD", ""),
        ("ETHBTC", ""),
        ("USDT", ""),
        ("", ""),
    ],
)
def test_the_currency_of_a_pair_is_told_only_where_it_is_one(symbol, currency):
    assert quote_currency(symbol) == currency
