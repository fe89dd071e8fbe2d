"""Accounts and bots are on exchanges that have a broker: one more broker is one more exchange, here and there."""

import pytest

from accounts import exchanges
from accounts.exchanges import check_exchange, trade_on
from bots.services.bots import create_bot
from core.errors import Invalid
from trading import brokers

pytestmark = pytest.mark.django_db


@pytest.fixture
def moon(monkeypatch):
    """An exchange that has a broker since."""
    monkeypatch.setattr(exchanges, "_traded", [*exchanges._traded])
    trade_on(["moon"])
    return "moon"


def test_every_exchange_with_a_broker_is_traded():
    assert exchanges._traded == brokers.exchanges()


def test_accounts_and_bots_are_on_an_exchange_with_a_broker(tom, account_of, moon):
    assert (
        account_of(tom, exchange=moon).exchange
        == create_bot(owner=tom, name="M", symbol="BTCUSDT", exchange=moon).exchange
    )


def test_an_exchange_without_a_broker_is_refused_and_those_with_one_are_named(moon):
    with pytest.raises(Invalid, match="does not trade on 'mars'; it knows: paper, moon"):
        check_exchange("mars")
