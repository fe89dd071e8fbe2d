"""How much an alert asks for: which field counts, and the ones that are too unclear to trade on."""

import pytest

from trading.sizes import format_size
from webhooks.reading.parsing import Unreadable, read_alert
from webhooks.tests.bodies import alert

FROM_FLAT = {"market_position": "long", "prev_market_position": "flat"}
TURNED = {"market_position": "long", "prev_market_position": "short"}

SIZES = [
    ({"size": "10%"}, "10%"),
    ({"size": 0.5}, "0.5"),
    ({"size": "0,5"}, "0.5"),
    ({"Size": "risk 1%"}, "risk 1%"),
    ({"amount": "@0.006"}, "0.006"),
    ({"amount": "$50"}, "50 USD"),
    ({"amount": "%10"}, "10%"),
    ({"contracts": 3}, "3"),
    ({"qty": "1e-05"}, "0.00001"),
    ({"strategy": {"order_contracts": "0.1"}}, "0.1"),
    ({"order": {"contracts": 0.1}}, "0.1"),
    ({"risk_percent": 2}, "risk 2%"),
    ({"risk_percent": "0.5%"}, "risk 0.5%"),
    ({"equity_percent": "25"}, "25%"),
    ({"size": "1", "qty": "1.0"}, "1"),
    ({"size": "1", "strategy": {"order_contracts": "2"}}, "1"),
    ({"order_contracts": "DaviddTech", "size": "10%"}, "10%"),
    ({"size": "100 USDT", "size_type": "quote"}, "100 USDT"),
    ({"qty": 2, "qty_type": "contracts"}, "2"),
    ({"position_size": "10%"}, "10%"),
    ({"position_size": 0.1, **FROM_FLAT}, "0.1"),
    ({"order_contracts": 1, "position_size": 0.1, **FROM_FLAT}, "1"),
    ({"contracts": 3, "market_position_size": 1, **TURNED}, "1"),
    ({"size": 3, "market_position_size": 1, **TURNED}, "3"),
    ({"size": "10%", "lots": 2}, "10%"),
]

REFUSED = [
    ({"size": "much"}, "INVALID_SIZE"),
    ({"size": "-1"}, "INVALID_SIZE"),
    ({"size": 0}, "INVALID_SIZE"),
    ({"size": "1,000"}, "INVALID_SIZE"),
    ({"size": ["1"]}, "INVALID_SIZE"),
    ({"size": True}, "INVALID_SIZE"),
    ({"amount": 50}, "INVALID_SIZE"),
    ({"qty": "10%"}, "INVALID_SIZE"),
    ({"contracts": "-3"}, "INVALID_SIZE"),
    ({"order_contracts": "DaviddTech"}, "INVALID_SIZE"),
    ({"order_contracts": "DaviddTech", "risk_percent": 0.01}, "INVALID_SIZE"),
    ({"risk_percent": 0.5}, "INVALID_SIZE"),
    ({"risk": 2}, "INVALID_SIZE"),
    ({"lots": "0.1"}, "INVALID_SIZE"),
    ({"risk_percentage": 5}, "INVALID_SIZE"),
    ({"position_size": 100}, "INVALID_SIZE"),
    ({"position_size": 3, "market_position": "long", "prev_market_position": "long"}, "INVALID_SIZE"),
    ({"order_size": 1.0, "position_size_type": "quote"}, "INVALID_SIZE"),
    ({"size": 1, "size_type": "lots"}, "INVALID_SIZE"),
    ({"contracts": 3, **TURNED}, "INVALID_SIZE"),
    ({"side": "sell", "reduce_only": True, "qty": 1}, "INVALID_SIZE"),
    ({"size": "1", "qty": "2"}, "CONFLICTING_FIELDS"),
    ({"size": "NaN"}, "NOT_FINITE"),
    ({"qty": "Infinity"}, "NOT_FINITE"),
    ({"size": float("nan")}, "NOT_FINITE"),
]


@pytest.mark.parametrize(("fields", "size"), SIZES)
def test_the_size_comes_from_the_field_that_counts(fields, size):
    assert format_size(read_alert(alert(**fields)).size) == size


@pytest.mark.parametrize("fields", [{}, {"size": ""}, {"volume": 1000}, {"bar": {"size": 3, "volume": 1}}])
def test_an_alert_without_a_size_leaves_it_to_the_bot(fields):
    assert read_alert(alert(**fields)).size is None


@pytest.mark.parametrize(("fields", "code"), REFUSED)
def test_a_size_that_is_unclear_is_refused(fields, code):
    with pytest.raises(Unreadable) as refused:
        read_alert(alert(**fields))
    assert refused.value.code == code


def test_a_short_position_opened_from_flat_reads_its_size_without_the_sign():
    body = alert(side="sell", position_size="-0.1", market_position="short", prev_market_position="flat")
    assert format_size(read_alert(body).size) == "0.1"


def test_a_long_position_of_negative_size_is_refused():
    with pytest.raises(Unreadable, match="above zero"):
        read_alert(alert(position_size="-0.1", **FROM_FLAT))


@pytest.mark.parametrize(
    "fields",
    [
        {"side": "close", "size": "10%"},
        {"side": "CloseLong", "size": "much"},
        {"side": "sell", "size": 3, "market_position": "flat", "prev_market_position": "long"},
        {"side": "sell", "size": "100 %", "reduce_only": True},
    ],
)
def test_a_close_takes_the_whole_position_and_keeps_the_size_as_extra(fields):
    read = read_alert(alert(**fields))
    assert (read.side, read.size) == ("close", None)
    assert read.extra["size"] == str(fields["size"])
