"""What is neither JSON nor a text of this desk: refused by the name of what it looks like, never repaired."""

import pytest

from webhooks.reading.parsing import Unreadable, read_alert

NOT_QUITE_JSON = [
    ('{"side": "buy", "timeframe": S}', "a text without double quotes"),
    ('{"side": "buy", "symbol": "BTCUSDT",}', "a comma stands before it"),
    ("{“side”: “buy”}", "a curly quote"),
    ("{'side': 'buy'}", "a text without double quotes"),
    ('{"size": {{strategy.order.contracts}}}', "a placeholder was not filled in"),
    ('{"comment": "a "big" one", "side": "buy"}', "a quote inside of a text"),
    ('{"side": "buy"', r"line 1, column 15\.$"),
    ('"side": "buy", "symbol": "BTCUSDT"', "without its braces"),
]

FOREIGN = [
    ("ENTER-LONG_BINANCE_MULTIPLE-PAIRS_Groot_4M_c1d9bfa4", "WunderTrading"),
    ('{"code": "EXIT-ALL_Bybit_BTCUSDT", "side": "buy", "symbol": "BTCUSDT"}', "WunderTrading"),
    ("3896,buy,EURUSD,risk=2,sl=50", "PineConnector"),
    ("buy, BTCUSDT, 0.1", "PineConnector"),
    ("e=BINANCE s=BTCUSDT b=long q=25% t=market", "Autoview"),
    ("bybit(BTCUSD) { market(side=buy, amount=1); }", "Alertatron"),
    ('{"message_type": "bot", "bot_id": 5, "email_token": "a"}', "3Commas"),
    ("BTCUSDT SHORT\nEntry: 5\nTP1: 4 TP2: 3", "signal card"),
]


@pytest.mark.parametrize(("text", "cause"), NOT_QUITE_JSON)
def test_json_that_is_not_quite_json_is_refused_with_its_likely_cause(text, cause):
    with pytest.raises(Unreadable, match=cause) as refused:
        read_alert(text.encode())
    assert refused.value.code == "NOT_JSON"


@pytest.mark.parametrize(("text", "name"), FOREIGN)
def test_another_platforms_code_is_refused_by_its_name(text, name):
    with pytest.raises(Unreadable, match=name) as refused:
        read_alert(text.encode())
    assert refused.value.code == "FOREIGN_FORMAT"


@pytest.mark.parametrize("text", ["hello", "5 BTCUSDT", "?", "buying BTCUSDT", "=", "a b c", "“", "do nothing"])
def test_any_other_text_is_refused(text):
    with pytest.raises(Unreadable) as refused:
        read_alert(text.encode())
    assert refused.value.code == "UNCLEAR_TEXT"
