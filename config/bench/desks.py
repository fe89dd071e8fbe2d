"""Makes what the bench trades with: people, paper accounts, bots. Runs in a child with Django."""

import uuid
from decimal import Decimal

from django.utils import timezone

from accounts.models import Role, TradingAccount, TransferKind, User
from accounts.services.ledger import Entry, post_entries
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, webhook_key
from bots.services.connections import connect_group
from groups.services.membership import create_group

SYMBOL = "BTCUSDT"
BALANCE = Decimal(10_000)


def make_owner() -> User:
    """Return a new admin: an admin's bot trades any account."""
    name = f"bench-{uuid.uuid4().hex[:12]}"
    return User.objects.create_user(name, f"{name}@desk.local", role=Role.ADMIN)


def open_accounts(owner: User, number: int) -> list[TradingAccount]:
    """Open flat paper accounts, each with its opening deposit, in as few statements as the models allow."""
    now = timezone.now()
    accounts = [TradingAccount(owner=owner, name=f"Bench {index}", created_at=now) for index in range(number)]
    TradingAccount.objects.bulk_create(accounts)
    deposits = [Entry(account.id, TransferKind.DEPOSIT, BALANCE, "opening") for account in accounts]
    post_entries(deposits, accounts={account.id: account for account in accounts}, now=now)
    return accounts


def make_bot(owner: User, accounts: list[TradingAccount]) -> Bot:
    """Return an active bot that trades these accounts through a group."""
    name = f"bench {uuid.uuid4().hex[:12]}"
    bot = create_bot(owner=owner, name=name, symbol=SYMBOL, config={"leverage": 5, "position_size": "10%"})
    connect_group(bot, create_group(name=name, created_by=owner, accounts=accounts))
    return change_status(bot.id, BotStatus.ACTIVE)


def make_bots(number: int, accounts: int) -> list[dict[str, str]]:
    """Make bots of so many accounts each; return the id and the webhook key of each."""
    owner = make_owner()
    bots = [make_bot(owner, open_accounts(owner, accounts)) for _ in range(number)]
    return [{"id": str(bot.id), "key": webhook_key(bot)} for bot in bots]
