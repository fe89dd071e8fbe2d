"""An operator chooses where an instrument's prices come from."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.forms import model_to_dict
from django.urls import reverse
from django.utils import timezone

from market.models import Instrument
from market.services.quotes import keep_quotes
from market.sources.base import Quote


@pytest.fixture
def choose(operator):
    """Post an instrument's page with another source; return the answer."""

    def post(symbol, source):
        instrument = Instrument.objects.get(symbol=symbol)
        address = reverse("admin:market_instrument_change", args=[instrument.pk])
        shown = {name: "" if value is None else value for name, value in model_to_dict(instrument).items()}
        return operator.post(address, {**shown, "source": source})

    return post


def test_a_perpetual_may_take_bybits_prices(choose):
    assert choose("BTCUSDT", "bybit").status_code == 302
    assert Instrument.objects.get(symbol="BTCUSDT").source == "bybit"


def test_and_go_back_to_the_synthetic_market(choose, on_bybit):
    assert choose("BTCUSDT", "synthetic").status_code == 302
    assert Instrument.objects.get(symbol="BTCUSDT").source == "synthetic"


@pytest.mark.parametrize(
    ("symbol", "source", "said"),
    [("EURUSD", "bybit", "no markets of this kind"), ("BTCUSDT", "nowhere", "Select a valid choice")],
)
def test_a_source_that_has_no_such_market_is_refused(choose, symbol, source, said):
    assert said in choose(symbol, source).content.decode()
    assert Instrument.objects.get(symbol=symbol).source == "synthetic"


def shown(operator):
    return operator.get(reverse("admin:market_latestquote_changelist")).content.decode()


def test_sources_are_shown_with_their_breaker_and_the_age_of_their_newest_quote(operator, bybit, on_bybit, btcusdt):
    price = Decimal(100)
    keep_quotes({"bybit": [Quote(btcusdt.id, price, price, price, timezone.now() - timedelta(hours=1))]})
    bybit.fetch([], clock=timezone.now)
    bybit._categories["linear"].breaker.hold(60)
    page = " ".join(shown(operator).split())
    assert re.search(r"bybit</td> <td[^>]*>4</td> <td[^>]*>3</td> <td[^>]*>360[0-9]\.", page)
    assert re.search(r'data-label="Breaker">.{0,400}open', page)


def test_a_process_that_fetched_nothing_says_that_it_knows_no_breaker(operator, bybit):
    page = shown(operator)
    assert page.count("unknown here") == 3
    assert page.count(">never<") == 3


def test_what_the_exchanges_list_says_is_shown_and_not_edited(operator, btcusdt):
    page = operator.get(reverse("admin:market_instrument_change", args=[btcusdt.pk])).content.decode()
    assert "The exchange&#x27;s own list" in page
    assert 'name="is_withheld"' not in page
