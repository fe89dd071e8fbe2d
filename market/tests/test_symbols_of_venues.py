"""The recorded tickers on rows as an exchange lists them: its spot market and its perpetual carry the same symbol."""

import json

import pytest

from config.tests.recordings import SYMBOLS
from market.models import Instrument
from market.selectors.instruments import find_instrument
from market.symbols import UnknownSymbol

TABLE = json.loads(SYMBOLS.read_text()) if SYMBOLS.exists() else {"markets": [], "cases": []}
DEFAULT_KINDS = {"swap": "linear", "spot": "spot"}
FOUND = [(case["ticker"], case["default_type"], case["symbol"]) for case in TABLE["cases"] if case["symbol"]]
REFUSED = [(case["ticker"], case["default_type"]) for case in TABLE["cases"] if not case["symbol"]]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SYMBOLS.exists(), reason=f"{SYMBOLS} is not there"),
]


def row_of(name: str) -> Instrument:
    pair, _, settle = name.partition(":")
    base, quote = pair.split("/")
    return Instrument(
        symbol=f"{base}PERP" if settle == "USDC" else f"{base}{quote}",
        name=name,
        venue="bybit",
        kind={"": "spot", base: "inverse"}.get(settle, "linear"),
        base=base,
        quote=quote,
        settle=settle or quote,
        **dict.fromkeys(("tick_size", "lot_size", "min_quantity", "size_unit"), 1),
        **dict.fromkeys(("min_notional", "spread", "slippage", "maintenance_margin_rate"), 0),
    )


@pytest.fixture
def listed():
    Instrument.objects.all().delete()
    Instrument.objects.bulk_create([row_of(name) for name in TABLE["markets"]])


@pytest.mark.parametrize(("ticker", "default_type", "name"), FOUND)
def test_recorded_ticker_names_its_row(listed, ticker, default_type, name):
    assert find_instrument(ticker, default_kind=DEFAULT_KINDS[default_type]).name == name


@pytest.mark.parametrize(("ticker", "default_type"), REFUSED)
def test_recorded_ticker_without_a_market_is_refused(listed, ticker, default_type):
    with pytest.raises(UnknownSymbol):
        find_instrument(ticker, default_kind=DEFAULT_KINDS[default_type])
