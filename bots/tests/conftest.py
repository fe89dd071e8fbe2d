"""Bots of the tests."""

import pytest

from bots.services import deciding
from bots.services.bots import create_bot
from bots.services.connections import connect_account
from bots.tests.deciding import STARTED, TELLING, start, store_minutes
from groups.services.membership import create_group
from market.intervals import Interval
from strategies.models import Strategy


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


@pytest.fixture
def deciding_bot(tom, account_of, bot_of, monkeypatch, btcusdt, still_market, no_slippage):
    """An active bot of tom's on one account: a rule that says what the minutes say, 0.1 BTC, leverage 5."""
    monkeypatch.setattr(deciding, "find_rule", lambda name: TELLING)
    strategy = Strategy.objects.create(owner=tom, name="Telling", slug="telling", rule="telling")
    config = {"position_size": "0.1", "leverage": 5}
    bot = bot_of(tom, timeframe=Interval.M1, strategy_id=strategy.id, config=config)
    connect_account(bot, account_of(tom))
    start(bot)
    store_minutes(btcusdt, [0] * 5, first=STARTED - 5)
    return bot
