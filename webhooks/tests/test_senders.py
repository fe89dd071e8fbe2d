"""Whose key signed an alert decides whose it is; a name that others have too does not."""

import hashlib
import hmac

import pytest

from bots.services.bots import create_bot, webhook_key
from conftest import NOW
from webhooks.senders import UnknownSender, prove_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_market")]

RAW = b'{"botname": "Badger", "side": "buy", "symbol": "BTCUSDT"}'


@pytest.fixture
def badgers(tom, mallory):
    """Living bots of one name: two of one owner, one of another."""
    return [create_bot(owner=owner, name="Badger", symbol="BTCUSDT") for owner in (mallory, tom, tom)]


def signed(key):
    return hmac.new(key.encode(), RAW, hashlib.sha256).hexdigest()


def test_of_bots_of_one_name_the_one_whose_key_signed_is_the_sender(badgers):
    for bot in badgers:
        assert prove_sender(RAW, url_key="", signature=signed(webhook_key(bot)), now=NOW).bot == bot


def test_a_key_that_none_of_them_has_proves_nobody(badgers, tom):
    other = create_bot(owner=tom, name="Ferret", symbol="BTCUSDT")
    with pytest.raises(UnknownSender):
        prove_sender(RAW, url_key="", signature=signed(webhook_key(other)), now=NOW)
