"""Bots of the tests."""

import pytest

from bots.services.bots import create_bot
from groups.services.membership import create_group


@pytest.fixture
def bot_of(db):
    """Create a bot: `bot_of(tom)` trades BTC, `bot_of(tom, symbol="ETHUSDT")` ether."""

    def create(owner, *, name="Trend", symbol="BTCUSDT", **kwargs):
        return create_bot(owner=owner, name=name, symbol=symbol, **kwargs)

    return create


@pytest.fixture
def group_of(ada):
    """Create a group of accounts: `group_of(one, other, name="Desk")`."""

    def create(*accounts, name="Desk"):
        return create_group(name=name, created_by=ada, accounts=accounts)

    return create
