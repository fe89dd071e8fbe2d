"""What the stream of an account is told."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import TradingAccount
from core.exact import plain
from core.streams.outbox import Message

Fact = dict[str, Any]

KIND = "account"

_WORD = re.compile("[A-Z][a-z]*")


def account_message(account_id: UUID, facts: Sequence[Fact], *, now: datetime) -> Message:
    """Return the one row of an account and a transaction, with all that happened in it, in order.

    Each fact goes out as a message of its own, see `messages_of_facts`.
    """
    body = {"type": "account_update", "account_id": str(account_id), "facts": list(facts), "timestamp": told_at(now)}
    return Message(account_stream(account_id), body, parts=max(1, len(facts)))


def messages_of_facts(body: Mapping[str, Any]) -> list[Fact]:
    """Return what an account's row says as screens are told it: a message for each fact, in their order."""
    same = {"account_id": body["account_id"], "timestamp": body["timestamp"]}
    return [{"type": message_type(fact["type"]), **same, **_content(fact)} for fact in body["facts"]]


def message_type(fact: str) -> str:
    """Return the type of the message that tells a fact: `OrderChanged` is an `order_update`, `A` + `B` an `a_b`."""
    words = [word.lower() for word in _WORD.findall(fact)]
    return "_".join([*words[:-1], "update"] if words[-1] == "changed" else words)


def account_stream(account_id: UUID) -> str:
    """Return the name of an account's stream."""
    return f"{KIND}:{account_id}"


def balance_changed(account: TradingAccount) -> Fact:
    """Tell the balance once the transaction's ledger rows stand, in the account's currency."""
    return {"type": "BalanceChanged", "balance": plain(account.balance), "currency": account.currency}


def _content(fact: Fact) -> Fact:
    return {name: value for name, value in fact.items() if name != "type"}


def told_at(now: datetime) -> str:
    """Return an aware UTC time as the API writes it."""
    return now.isoformat().replace("+00:00", "Z")
