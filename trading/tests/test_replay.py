"""A recorded hour of quotes, played twice, leaves the same fills and the same ledger, but for ids and clocks."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Transfer
from conftest import NOW
from market.models import Instrument
from market.ranges import PriceRange
from market.sources.synthetic import synthetic_quote
from trading.models import Fill, OrderSide, OrderType
from trading.services.matching import match
from trading.services.orders import OrderRequest, place_order

SEED = 7
SECONDS = 3600
EVERY = 20
SYMBOLS = ("BTCUSDT", "ETHUSDT")
# Symbol, side, size, type, and how far from the price of its moment limit and stop lie.
SCRIPT = {
    0: ("BTCUSDT", "buy", "0.2", OrderType.MARKET, None, None),
    1: ("ETHUSDT", "sell", "3", OrderType.MARKET, None, None),
    5: ("BTCUSDT", "buy", "0.1", OrderType.LIMIT, "0.999", None),
    9: ("BTCUSDT", "sell", "0.3", OrderType.STOP, None, "0.998"),
    20: ("ETHUSDT", "buy", "2", OrderType.LIMIT, "0.9995", None),
    40: ("BTCUSDT", "buy", "0.5", OrderType.STOP, None, "1.001"),
    90: ("ETHUSDT", "buy", "1", OrderType.STOP_LIMIT, "1.002", "1.0005"),
}


@pytest.fixture
def hour(db):
    """The quotes of an hour, one every EVERY seconds: [{symbol: quote}, …]."""
    instruments = {row.symbol: row for row in Instrument.objects.filter(symbol__in=SYMBOLS)}
    moments = [NOW + timedelta(seconds=second) for second in range(0, SECONDS, EVERY)]
    return instruments, [
        {name: synthetic_quote(row, seed=SEED, at=at) for name, row in instruments.items()} for at in moments
    ]


@pytest.fixture
def play(hour, still_market, account_of, tom):
    """Play the hour on a new account of a seed; return its fills and its ledger: `play(seed=11)`."""
    instruments, recorded = hour

    def run(*, seed):
        account = account_of(tom, seed=seed)
        for step, quotes in enumerate(recorded):
            at = next(iter(quotes.values())).at
            still_market.at = at
            for name, quote in quotes.items():
                still_market.set(name, str(quote.bid), str(quote.ask))
            match([PriceRange.of(instruments[name], [quote]) for name, quote in quotes.items()], clock=lambda at=at: at)
            if step in SCRIPT:
                _place(account, SCRIPT[step], instruments, quotes, at)
        return _fills(account), _ledger(account)

    return run


def _place(account, asked, instruments, quotes, at):
    symbol, side, size, kind, limit, stop = asked
    tick = instruments[symbol].tick_size

    def away(share):
        return None if share is None else (quotes[symbol].last * Decimal(share)) // tick * tick

    is_long = kind == OrderType.MARKET and side == "buy"
    exits = {"stop_loss": away("0.996"), "take_profit": away("1.004")} if is_long else {}
    request = OrderRequest(
        instrument=instruments[symbol],
        side=OrderSide(side),
        quantity=Decimal(size),
        order_type=kind,
        price=away(limit),
        stop_price=away(stop),
        leverage=10,
        **exits,
    )
    place_order(account, request=request, clock=lambda: at)


def _fills(account):
    told = ("instrument__symbol", "side", "quantity", "price", "commission", "realized_pnl")
    fills = Fill.objects.filter(account=account).order_by("created_at", *told)
    return list(fills.values_list(*told))


def _ledger(account):
    rows = Transfer.objects.filter(account=account).order_by("number")
    return list(rows.values_list("kind", "debit", "credit", "amount", "balance_after"))


@pytest.mark.slow
def test_an_hour_played_twice_is_the_same_hour(play):
    first, second = play(seed=11), play(seed=11)
    assert first == second
    assert {"buy", "sell"} == {side for _, side, *_ in first[0]}
    assert len(first[0]) >= len(SCRIPT)


@pytest.mark.slow
def test_an_account_of_another_seed_slips_otherwise(play):
    (first, _), (other, _) = play(seed=11), play(seed=12)
    assert first != other
