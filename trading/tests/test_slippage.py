"""Slippage of paper fills: drawn from a seed, so that a replay is identical."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW
from market.models import Instrument
from market.quotes import Quote
from trading.decisions import IntentSide
from trading.models import Fill, Outcome
from trading.pricing import NOISE_SPAN, market_fill, slippage_noise

QUOTE = Quote(None, Decimal(50000), Decimal(50000), Decimal(50000), NOW)


def noise(**changes):
    return slippage_noise(**{"seed": 1, "symbol": "BTCUSDT", "quote": QUOTE, "leg": 1, **changes})


def test_the_same_seed_and_quote_slip_the_same():
    assert noise() == noise()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"symbol": "ETHUSDT"},
        {"leg": 2},
        {"quote": replace(QUOTE, at=NOW + timedelta(milliseconds=1))},
    ],
    ids=["seed", "symbol", "leg", "time of the quote"],
)
def test_another_seed_symbol_leg_or_moment_slips_otherwise(change):
    assert noise(**change) != noise()


def test_the_price_itself_is_not_what_noise_is_drawn_from():
    assert noise(quote=replace(QUOTE, bid=Decimal(1))) == noise()


@given(st.integers(0, 2**31))
def test_noise_stays_within_its_span(seed):
    assert abs(noise(seed=seed)) <= NOISE_SPAN


def test_noise_is_spread_evenly():
    # of 4,000 even draws within ±0.0002 the mean lies within 5 × 0.0002 ÷ √3 ÷ √4,000 of zero
    drawn = [noise(seed=seed) for seed in range(4000)]
    assert abs(mean(drawn)) < Decimal("0.00001")
    assert sum(1 for number in drawn if number > NOISE_SPAN / 2) == pytest.approx(1000, abs=150)


@pytest.mark.django_db
@pytest.mark.parametrize(("direction", "price"), [(1, "50000.1"), (-1, "49999.9")])
def test_a_fill_by_hand(direction, price, monkeypatch):
    # slippage 0.000001 × 50,000 = 0.05, to the worse tick of 0.1; notional at 0.1, fee at 0.0002
    monkeypatch.setattr("trading.pricing.slippage_noise", lambda **_: Decimal(0))
    instrument = Instrument.objects.get(symbol="BTCUSDT")
    instrument.slippage, instrument.size_unit = Decimal("0.000001"), Decimal(10**9)
    terms = market_fill(instrument=instrument, quote=QUOTE, direction=direction, quantity=Decimal("0.1"), seed=1, leg=1)
    assert (terms.price, terms.notional) == (Decimal(price), Decimal(price) / 10)
    assert terms.commission == Decimal(price) / 10 * Decimal("0.0002")


@pytest.mark.usefixtures("still_market")
class TestOnTheRoad:
    """Market orders of accounts of one seed fill at one price, those of another at another."""

    def fills(self, send, instrument, accounts):
        signal = send(instrument, accounts, side=IntentSide.BUY, size="0.5", leverage=10)
        return list(Fill.objects.filter(order__signal=signal).values_list("price", flat=True))

    def test_one_seed_one_price(self, tom, account_of, btcusdt, send):
        accounts = [account_of(tom, seed=7), account_of(tom, seed=7)]
        assert len(set(self.fills(send, btcusdt, accounts))) == 1

    def test_other_seeds_other_prices(self, tom, account_of, btcusdt, send):
        accounts = [account_of(tom, seed=seed) for seed in range(5)]
        assert len(set(self.fills(send, btcusdt, accounts))) == 5

    def test_a_fill_is_at_the_price_that_was_planned(self, tom, account_of, btcusdt, send):
        prices = self.fills(send, btcusdt, [account_of(tom)])
        planned = [line["expected"] for line in Outcome.objects.get().trace if line["step"] == "price"]
        assert [Decimal(price) for price in planned] == prices

    def test_a_buyer_never_gets_a_better_price_than_quoted(self, tom, account_of, btcusdt, send):
        accounts = [account_of(tom, seed=seed) for seed in range(20)]
        assert min(self.fills(send, btcusdt, accounts)) >= 50000
