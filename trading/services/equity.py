"""Keeps what accounts are worth: a point after every fill and every payment, and one at every whole hour."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import TradingAccount
from core.bulk import insert_columns
from trading.desk import Desk
from trading.models import EquityPoint
from trading.selectors.desks import load_holdings

CHUNK = 500


def keep_equity(desk: Desk, account_ids: Collection[UUID], *, at: datetime) -> None:
    """Write a point of each account as the desk has it now, in one statement of the caller's transaction."""
    accounts = [desk.accounts[account_id] for account_id in account_ids]
    columns = {
        "account_id": [account.id for account in accounts],
        "balance": [account.balance for account in accounts],
        "equity": [desk.equity(account.id) for account in accounts],
        "net_deposits": [account.net_deposits for account in accounts],
    }
    insert_columns(EquityPoint, columns, at=at)


def keep_equity_paid(accounts: Sequence[TradingAccount], now: datetime) -> None:
    """Write a point of accounts that money was just paid into or out of; they are locked by the caller.

    With a point right after each payment no return is ever measured on money that was not there.
    """
    desk = load_holdings([account.id for account in accounts], instruments=[], clock=lambda: now, lock=False)
    keep_equity(desk, desk.accounts, at=now)


def keep_hourly_equity(now: datetime) -> int:
    """Write a point of every living account at the whole hour before `now`, once; return how many were written.

    Chunks of accounts are locked while they are read, so that no point is torn by a fill.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    return sum(_keep_chunk(account_ids, hour=hour, now=now) for account_ids in _chunks(hour))


def _chunks(hour: datetime) -> Iterator[list[UUID]]:
    opened = TradingAccount.objects.living().filter(created_at__lte=hour).order_by("pk").values_list("pk", flat=True)
    account_ids = list(opened[:CHUNK])
    while account_ids:
        yield account_ids
        account_ids = list(opened.filter(pk__gt=account_ids[-1])[:CHUNK])


def _keep_chunk(account_ids: Sequence[UUID], *, hour: datetime, now: datetime) -> int:
    with transaction.atomic():
        desk = load_holdings(account_ids, instruments=[], clock=lambda: now)
        kept = EquityPoint.objects.filter(account__in=list(desk.accounts), at=hour)
        missing = desk.accounts.keys() - set(kept.values_list("account_id", flat=True))
        keep_equity(desk, sorted(missing), at=hour)
    return len(missing)
