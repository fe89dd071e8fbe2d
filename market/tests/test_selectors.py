"""Instruments are found in the database under any spelling, in a fixed number of queries."""

import uuid

import pytest

from market.models import Instrument
from market.selectors.instruments import find_instrument, instruments_by_id
from market.symbols import AmbiguousSymbol, UnknownSymbol

pytestmark = pytest.mark.django_db


def add(like: str, **changes: object) -> Instrument:
    instrument = Instrument.objects.get(symbol=like)
    instrument.pk, instrument._state.adding = uuid.uuid4(), True
    for name, value in changes.items():
        setattr(instrument, name, value)
    instrument.save()
    return instrument


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("BINANCE:BTCUSDT.P", "BTCUSDT"),
        ("BTC/USDT:USDT", "BTCUSDT"),
        ("XBTUSD", "BTC-USD"),
        ("btc-fut", "BTC-FUT"),
        ("EUR/USD", "EURUSD"),
    ],
)
def test_instrument_is_found_in_one_query(text, symbol, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert find_instrument(text).symbol == symbol


def test_own_symbol_without_its_base_in_it_is_found_in_one_query(django_assert_num_queries):
    added = add("BTC-FUT", symbol="DXY", kind="index", base="BASKET")
    with django_assert_num_queries(1):
        assert find_instrument("dxy") == added


def test_unknown_symbol_costs_two_queries_and_names_what_is_near(django_assert_num_queries):
    with django_assert_num_queries(2), pytest.raises(UnknownSymbol) as refused:
        find_instrument("BTCUSDC")
    assert "BTCUSDT" in refused.value.near


def test_misspelt_symbol_finds_near_ones_of_another_base():
    with pytest.raises(UnknownSymbol) as refused:
        find_instrument("DGOEUSDT")
    assert "DOGEUSDT" in refused.value.near


@pytest.mark.parametrize("text", ["", "BTC\x00USDT", "BTCUSDT\ud800", "X" * 65, "NQ1!", "BTCUSD.P"])
def test_text_that_names_nothing_is_refused(text):
    with pytest.raises(UnknownSymbol):
        find_instrument(text)


def test_instrument_in_small_letters_is_found():
    added = add("BTCUSDT", symbol="adausdt", base="ADA")
    assert find_instrument("ADAUSDT") == added


def test_default_kind_decides_between_markets_of_one_pair():
    spot = add("BTCUSDT", symbol="BTC/USDT", kind="spot", settle="")
    assert find_instrument("BTC_USDT", default_kind="spot") == spot
    assert find_instrument("BTC_USDT").symbol == "BTCUSDT"


def test_pair_with_two_markets_and_no_default_among_them_is_ambiguous():
    add("BTCUSDT", symbol="BTC/USDT", kind="spot", settle="")
    with pytest.raises(AmbiguousSymbol):
        find_instrument("BTC_USDT", default_kind="option")


def test_only_kind_hides_the_other_markets():
    with pytest.raises(UnknownSymbol) as refused:
        find_instrument("BTCUSDT", only_kind="spot")
    assert "BTCUSDT" not in refused.value.near


def test_spot_and_perpetual_of_one_symbol_are_told_apart(django_assert_num_queries):
    spot = add("BTCUSDT", kind="spot")
    with django_assert_num_queries(2):
        found = find_instrument("BTCUSDT"), find_instrument("btc/usdt", only_kind="spot")
    assert found == (Instrument.objects.get(symbol="BTCUSDT", kind="linear"), spot)


def test_default_venue_decides_where_none_is_named(settings):
    other = add("BTCUSDT", venue="binanceusdm")
    assert find_instrument("BTCUSDT").venue == "bybit"
    assert find_instrument("BINANCE:BTCUSDT.P") == other
    settings.DEFAULT_VENUE = "binanceusdm"
    assert find_instrument("BTCUSDT") == other


def test_two_venues_and_neither_is_the_default_are_ambiguous(settings):
    add("BTCUSDT", venue="binanceusdm")
    settings.DEFAULT_VENUE = "okx"
    with pytest.raises(AmbiguousSymbol, match=r"BTCUSDT \(linear, binanceusdm\) or BTCUSDT \(linear, bybit\)"):
        find_instrument("BTCUSDT")


def test_option_is_found_by_its_own_symbol_only():
    option = add("BTCUSDT", symbol="BTC-27MAR26-70000-P", kind="option")
    assert find_instrument("btc-27mar26-70000-p") == option
    assert list(Instrument.objects.with_symbol_or_base([], ["BTC"]).filter(kind="option")) == []


def test_options_are_not_near():
    add("BTCUSDT", symbol="BTC-27MAR26-70000-P", kind="option")
    with pytest.raises(UnknownSymbol) as refused:
        find_instrument("BTC-27MAR26-70000-C")
    assert refused.value.near == ()


def test_suspended_instrument_still_has_a_name():
    Instrument.objects.filter(symbol="BTCUSDT").update(status="suspended")
    assert find_instrument("BTCUSDT").status == "suspended"


def test_suspended_instrument_does_not_give_way_to_another_of_its_pair():
    add("BTCUSDT", symbol="BTC/USDT", kind="spot", settle="")
    Instrument.objects.filter(symbol="BTCUSDT").update(status="suspended")
    assert find_instrument("BINANCE:BTCUSDT").status == "suspended"


def test_instruments_by_id_leaves_out_what_is_not_there(django_assert_num_queries):
    bitcoin = Instrument.objects.get(symbol="BTCUSDT")
    with django_assert_num_queries(1):
        assert instruments_by_id([bitcoin.id, uuid.uuid4()]) == {bitcoin.id: bitcoin}
