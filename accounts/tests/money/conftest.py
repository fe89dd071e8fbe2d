"""An account with a short history, and shares of it."""

from decimal import Decimal

import pytest

from accounts.models import Share
from accounts.services.ledger import deposit, withdraw
from conftest import NOW


@pytest.fixture
def account(tom, account_of):
    """Tom's account: 10,000 at the opening, 500 in, 250 out; the balance is 10,250."""
    account = account_of(tom)
    deposit(account.id, amount=Decimal(500), reference="in", now=NOW)
    withdraw(account.id, amount=Decimal(250), reference="out", now=NOW)
    account.refresh_from_db()
    return account


@pytest.fixture
def shared():
    """Let a user read an account: `shared(account, vic)`."""

    def share(account, user):
        return Share.objects.create(user=user, scope_type=Share.Scope.ACCOUNT, scope_id=account.id)

    return share
