"""What the stream of an account is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import TradingAccount
from core.exact import plain
from core.streams.outbox import Message

Fact = dict[str, Any]


def account_message(account_id: UUID, facts: Sequence[Fact], *, now: datetime) -> Message:
    """Return the one message of an account and a transaction, with all that happened in it, in order."""
    body = {"type": "account_update", "account_id": str(account_id), "facts": list(facts), "timestamp": told_at(now)}
    return Message(account_stream(account_id), body)


def account_stream(account_id: UUID) -> str:
    """Return the name of an account's stream."""
    return f"account:{account_id}"


def balance_changed(account: TradingAccount) -> Fact:
    """Tell the balance once the transaction's ledger rows stand, in the account's currency."""
    return {"type": "BalanceChanged", "balance": plain(account.balance), "currency": account.currency}


def told_at(now: datetime) -> str:
    """Return an aware UTC time as the API writes it."""
    return now.isoformat().replace("+00:00", "Z")
