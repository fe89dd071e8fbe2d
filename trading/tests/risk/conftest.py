"""An account in a group and on a bot, and limits on whatever covers it."""

import uuid

import pytest

from trading.models import RiskLimit, ScopeType
from trading.services.scopes import set_covered_accounts

GROUP, BOT = uuid.uuid4(), uuid.uuid4()
SCOPES = ["system", "user", "account", "group", "bot", "symbol"]


@pytest.fixture
def account(tom, account_of):
    account = account_of(tom)
    set_covered_accounts(ScopeType.GROUP, GROUP, [account.id])
    set_covered_accounts(ScopeType.BOT, BOT, [account.id])
    return account


@pytest.fixture
def limit(account, btcusdt):
    """Set a limit on a scope that covers tom's orders in BTCUSDT: `limit("exposure", "5000", scope="group")`."""
    ids = {"user": account.owner_id, "account": account.id, "group": GROUP, "bot": BOT, "symbol": btcusdt.id}

    def of(limit_type, value, *, scope="account", **facts):
        facts = {"scope_type": scope, "scope_id": ids.get(scope), **facts}
        return RiskLimit.objects.create(limit_type=limit_type, limit_value=value, **facts)

    return of
