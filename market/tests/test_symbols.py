"""A symbol in any common spelling names exactly one market, or is refused."""

import json

import pytest

from config.tests.recordings import SYMBOLS
from market.catalogue import INSTRUMENTS
from market.kinds import Kind
from market.symbols import AmbiguousSymbol, Market, UnknownSymbol, bases_of, resolve

TABLE = json.loads(SYMBOLS.read_text()) if SYMBOLS.exists() else {"markets": [], "cases": []}
recorded = pytest.mark.skipif(not SYMBOLS.exists(), reason=f"{SYMBOLS} is not there")


def ccxt_market(name: str) -> Market:
    pair, _, settle = name.partition(":")
    base, quote = pair.split("/")
    kind = {"": Kind.SPOT, base: Kind.INVERSE}.get(settle, Kind.LINEAR)
    return Market(symbol=name, base=base, quote=quote, settle=settle, kind=kind)


def desk_market(row: dict) -> Market:
    return Market(symbol=row["symbol"], base=row["base"], quote=row["quote"], settle=row["settle"], kind=row["kind"])


def bitcoin(kind: str, venue: str) -> Market:
    return Market("BTCUSDT", "BTC", "USDT", "" if kind == Kind.SPOT else "USDT", kind, venue)


def inverse(symbol: str) -> Market:
    return Market(symbol, "BTC", "USD", "BTC", Kind.INVERSE, "bybit")


PERPETUAL_OF_BINANCE = bitcoin(Kind.LINEAR, "binanceusdm")
VENUES = [
    bitcoin(Kind.SPOT, "bybit"),
    bitcoin(Kind.SPOT, "binance"),
    bitcoin(Kind.LINEAR, "bybit"),
    PERPETUAL_OF_BINANCE,
]
RECORDED_MARKETS = [ccxt_market(name) for name in TABLE["markets"]]
DESK = [desk_market(row) for row in INSTRUMENTS]
DEFAULT_KINDS = {"swap": Kind.LINEAR, "spot": Kind.SPOT}
FOUND = [(case["ticker"], case["default_type"], case["symbol"]) for case in TABLE["cases"] if case["symbol"]]
REFUSED = [(case["ticker"], case["default_type"]) for case in TABLE["cases"] if not case["symbol"]]


@recorded
@pytest.mark.parametrize(("ticker", "default_type", "symbol"), FOUND)
def test_recorded_ticker_names_its_market(ticker, default_type, symbol):
    assert resolve(ticker, RECORDED_MARKETS, default_kind=DEFAULT_KINDS[default_type]).symbol == symbol


@recorded
@pytest.mark.parametrize(("ticker", "default_type"), REFUSED)
def test_recorded_ticker_without_a_market_is_refused(ticker, default_type):
    with pytest.raises(UnknownSymbol):
        resolve(ticker, RECORDED_MARKETS, default_kind=DEFAULT_KINDS[default_type])


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("btcusdt", "BTCUSDT"),
        (" BTC-USDT\n", "BTCUSDT"),
        ("BTC/USDT", "BTCUSDT"),
        ("btc_usdt", "BTCUSDT"),
        ("BINANCE:BTCUSDT.P", "BTCUSDT"),
        ("bybit:btcusdt.p", "BTCUSDT"),
        ("BYBIT:BTCUSDT", "BTCUSDT"),
        ("BTCUSDTPERP", "BTCUSDT"),
        ("BTCUSDT-PERP", "BTCUSDT"),
        ("BTCUSDT_PERP", "BTCUSDT"),
        ("BTC-USDT-SWAP", "BTCUSDT"),
        ("OKX:BTC-USDT-SWAP", "BTCUSDT"),
        ("BTC/USDT:USDT", "BTCUSDT"),
        ("BINANCE:BTC/USDT:USDT", "BTCUSDT"),
        ("XBTUSDT", "BTCUSDT"),
        ("KRAKEN:XDGUSDT", "DOGEUSDT"),
        ("BTC-USD", "BTC-USD"),
        ("BTCUSD", "BTC-USD"),
        ("BTC/USD", "BTC-USD"),
        ("XBTUSD", "BTC-USD"),
        ("COINBASE:BTCUSD", "BTC-USD"),
        ("COINBASE_DLY:BTCUSD", "BTC-USD"),
        ("eth/usd", "ETH-USD"),
        ("EURUSD", "EURUSD"),
        ("EUR/USD", "EURUSD"),
        ("FX:EURUSD", "EURUSD"),
        ("BTC-FUT", "BTC-FUT"),
        ("btc_fut", "BTC-FUT"),
        ("BTCFUT", "BTC-FUT"),
        ("SPX/FUT", "SPX-FUT"),
    ],
)
def test_spelling_names_an_instrument_of_the_desk(text, symbol):
    assert resolve(text, DESK, default_kind=Kind.LINEAR).symbol == symbol


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "BTC",
        "USDT",
        "-",
        "BTC-",
        "-USDT",
        "BTCUSD.P",
        "BTCUSD_PERP",
        "BTC/USD:BTC",
        "BTC/USD:USD",
        "BTC/USDT:USDC",
        "BTCUSDC",
        "BTCUSDC.P",
        "BTCPERP",
        ".P",
        "PERP",
        "BTCU-SDT",
        "BTCUSDT.PS",
        "BTCUSDT.P.P",
        "BTC--USDT",
        "BTC USDT",
        "BTC-USDT-250328",
        "BTC/USDT:USDT-250328",
        "BTC-FUT.P",
        "SPXUSD",
        "EURUSD.P",
        "EURUSDT",
        "USDEUR",
        "BTCUSDTT",
        "BINANCE:",
        ":BTCUSDT",
        "A:B:BTCUSDT",
        "BINANCE:BTCUSDT/BINANCE:ETHUSDT",
        "BTCUSDT*2",
        "{{ticker}}",
        "BTCUSDT\x00",
        "BTC\nUSDT",
        "BTCUSDT\ud800",
        "\uff22\uff34\uff23USDT",
        "BTCUSDT" + "X" * 58,
    ],
)
def test_text_that_names_no_instrument_is_refused(text):
    with pytest.raises(UnknownSymbol) as refused:
        resolve(text, DESK, default_kind=Kind.LINEAR)
    assert refused.value.status == 404
    assert refused.value.code == "UNKNOWN_SYMBOL"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("OSE:NK225M1!", "NK225M1! is a continuous future"),
        ("CME_MINI:NQ1!", "NQ1! is a continuous future"),
        ("TVC:DXY", "TVC:DXY is an index"),
        ("INDEX:BTCUSD", "INDEX:BTCUSD is an index"),
        ("NASDAQ:AAPL", "NASDAQ:AAPL is a stock"),
        ("NASDAQ_DLY:AAPL", "NASDAQ:AAPL is a stock"),
        ("FRED:GDP", "FRED:GDP is a statistic"),
        ("", "A symbol is missing."),
        ("X" * 65, "at most 64 characters"),
    ],
)
def test_refusal_says_why_by_name(text, said):
    with pytest.raises(UnknownSymbol, match=r".") as refused:
        resolve(text, DESK, default_kind=Kind.LINEAR)
    assert said in refused.value.message


def test_refusal_names_what_comes_near():
    with pytest.raises(UnknownSymbol) as refused:
        resolve("BTCUSDC", DESK, default_kind=Kind.LINEAR)
    assert set(refused.value.near) >= {"BTC-FUT", "BTC-USD", "BTCUSDT"}
    assert "BTCUSDT" in refused.value.message


def test_misspelt_symbol_is_refused_with_the_right_one_near():
    with pytest.raises(UnknownSymbol) as refused:
        resolve("DGOEUSDT", DESK, default_kind=Kind.LINEAR)
    assert "DOGEUSDT" in refused.value.near


def test_own_symbol_wins_over_the_default_kind():
    markets = [ccxt_market("BTC/USDT"), Market("BTCUSDT", "BTC", "USDT", "USDT", Kind.LINEAR)]
    assert resolve("BTCUSDT", markets, default_kind=Kind.SPOT).kind == Kind.LINEAR


@pytest.mark.parametrize("text", ["NQ1!", "nq1!", " Nq1!\n"])
def test_own_symbol_of_a_row_wins_over_every_refusal_by_name(text):
    markets = [Market("Nq1!", "NQ", "USD", "USD", Kind.FUTURE)]
    assert resolve(text, markets, default_kind=Kind.LINEAR).symbol == "Nq1!"


def test_own_symbol_as_written_wins_over_one_in_other_letters():
    markets = [ccxt_market("btc/usdt"), ccxt_market("BTC/USDT")]
    assert resolve("BTC/USDT", markets, default_kind=Kind.SPOT).symbol == "BTC/USDT"


def test_two_symbols_that_differ_in_letter_case_only_are_ambiguous():
    markets = [ccxt_market("btc/usdt"), ccxt_market("BTC/usdt")]
    with pytest.raises(AmbiguousSymbol):
        resolve("BTC/USDT", markets, default_kind=Kind.SPOT)


def test_two_markets_of_one_pair_without_the_default_kind_are_ambiguous():
    markets = [ccxt_market("BTC/USDT"), ccxt_market("BTC/USDT:USDT")]
    with pytest.raises(AmbiguousSymbol) as refused:
        resolve("BTCUSDT", markets, default_kind=Kind.OPTION)
    assert refused.value.candidates == ("BTC/USDT", "BTC/USDT:USDT")
    assert (refused.value.status, refused.value.code) == (404, "AMBIGUOUS_SYMBOL")


def test_two_pairs_of_the_same_letters_are_ambiguous():
    markets = [ccxt_market("XB/TUSD"), ccxt_market("XBT/USD")]
    with pytest.raises(AmbiguousSymbol):
        resolve("XBTUSD", markets, default_kind=Kind.SPOT)


def test_separator_tells_pairs_of_the_same_letters_apart():
    markets = [ccxt_market("XB/TUSD"), ccxt_market("XBT/USD")]
    assert resolve("XB-TUSD", markets, default_kind=Kind.SPOT).symbol == "XB/TUSD"


def test_coin_means_its_thousandfold_contract_where_nothing_else_is_on_it():
    assert resolve("PEPEUSDT", [ccxt_market("1000PEPE/USDT:USDT")], default_kind=Kind.LINEAR).base == "1000PEPE"


def test_coin_with_a_spot_market_and_a_thousandfold_perpetual_is_ambiguous():
    markets = [ccxt_market("PEPE/USDT"), ccxt_market("1000PEPE/USDT:USDT")]
    with pytest.raises(AmbiguousSymbol) as refused:
        resolve("PEPEUSDT", markets, default_kind=Kind.LINEAR)
    assert refused.value.candidates == ("1000PEPE/USDT:USDT", "PEPE/USDT")


def test_coin_with_its_own_perpetual_is_not_the_thousandfold_one():
    markets = [ccxt_market("1000PEPE/USDT:USDT"), ccxt_market("PEPE/USDT:USDT")]
    assert resolve("PEPEUSDT", markets, default_kind=Kind.LINEAR).symbol == "PEPE/USDT:USDT"


def test_coin_with_a_spot_market_is_spot_by_default_kind():
    markets = [ccxt_market("PEPE/USDT"), ccxt_market("1000PEPE/USDT:USDT")]
    assert resolve("PEPEUSDT", markets, default_kind=Kind.SPOT).symbol == "PEPE/USDT"


def test_thousandfold_contract_never_means_the_single_coin():
    with pytest.raises(UnknownSymbol):
        resolve("1000PEPEUSDT.P", [ccxt_market("PEPE/USDT:USDT")], default_kind=Kind.LINEAR)


def test_thousandfold_contract_is_found_with_its_number_at_either_end():
    markets = [ccxt_market("SHIB1000/USDT:USDT"), ccxt_market("10000SHIB/USDT:USDT")]
    assert resolve("1000SHIBUSDT.P", markets, default_kind=Kind.LINEAR).symbol == "SHIB1000/USDT:USDT"


def test_coin_with_two_bundled_contracts_is_ambiguous():
    markets = [ccxt_market("1000SHIB/USDT:USDT"), ccxt_market("10000SHIB/USDT:USDT")]
    with pytest.raises(AmbiguousSymbol):
        resolve("SHIBUSDT.P", markets, default_kind=Kind.LINEAR)


@pytest.mark.parametrize(
    ("text", "base"),
    [("BINANCE:BTCUSDT.P", "BTC"), ("BTCUSDT", "XBT"), ("PEPEUSDT", "1000PEPE"), ("1INCHUSDT", "1INCH")],
)
def test_bases_of_a_text_hold_every_base_it_can_mean(text, base):
    assert base in bases_of(text)


def test_bases_of_an_unreadable_text_are_none():
    assert bases_of("BTC\x00") == set()


def test_one_symbol_on_spot_and_perpetual_is_decided_by_the_default_kind():
    assert resolve("BTCUSDT", VENUES, default_kind=Kind.SPOT, default_venue="bybit").kind == Kind.SPOT


@pytest.mark.parametrize(
    ("text", "venue"),
    [
        ("BTCUSDT", "bybit"),
        ("BTC/USDT:USDT", "bybit"),
        ("KRAKEN:BTCUSDT", "bybit"),
        ("BYBIT:BTCUSDT.P", "bybit"),
        ("BINANCE:BTCUSDT.P", "binanceusdm"),
        ("binance:btcusdt", "binanceusdm"),
        ("BINANCE_DLY:BTCUSDT.P", "binanceusdm"),
        ("BINANCEUSDM:BTC/USDT:USDT", "binanceusdm"),
    ],
)
def test_venue_that_is_named_decides_between_venues_then_the_default_one(text, venue):
    found = resolve(text, VENUES, default_kind=Kind.LINEAR, default_venue="bybit")
    assert (found.venue, found.kind) == (venue, Kind.LINEAR)


def test_the_only_venue_needs_no_default():
    assert resolve("BTCUSDT", [PERPETUAL_OF_BINANCE], default_kind=Kind.LINEAR, default_venue="bybit").venue


def test_two_venues_without_the_default_among_them_are_ambiguous_and_named():
    with pytest.raises(AmbiguousSymbol) as refused:
        resolve("BTCUSDT", VENUES, default_kind=Kind.LINEAR, default_venue="okx")
    assert refused.value.candidates == ("BTCUSDT",)
    assert "BTCUSDT (linear, binanceusdm) or BTCUSDT (linear, bybit)" in refused.value.message


def test_venue_does_not_decide_between_spot_and_inverse():
    markets = [Market("BTC-USD", "BTC", "USD", "USD", Kind.SPOT, "paper"), inverse("BTCUSD")]
    with pytest.raises(AmbiguousSymbol):
        resolve("BTC/USD", markets, default_kind=Kind.LINEAR, default_venue="bybit")


def test_near_ones_are_named_once():
    with pytest.raises(UnknownSymbol) as refused:
        resolve("BTCUSDX", VENUES, default_kind=Kind.LINEAR)
    assert refused.value.near == ("BTCUSDT",)
