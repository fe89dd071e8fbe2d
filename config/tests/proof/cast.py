"""Who trades in the proofs: accounts that several bots share, made in the desk's own process."""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.utils import timezone

from accounts.models import Role, TradingAccount, User
from accounts.services.trading_accounts import open_account
from bots.models import BotStatus
from bots.services.bots import change_status, create_bot, webhook_key
from bots.services.connections import connect_account

COINS = ("BTC", "ETH", "SOL", "DOGE")
ACCOUNTS = 8
CONFIG = {"leverage": 5, "position_size": "1%", "max_lag": 3600, "on_opposite": "reverse"}


@dataclass(frozen=True, slots=True)
class Alerted:
    """A bot as the sender of its alerts knows it, and how many accounts it trades."""

    id: str
    key: str
    symbol: str
    accounts: int


def make(exchange: str) -> None:
    """Open accounts on a venue, the last of them too poor to trade, and two bots a coin; print the bots as JSON.

    Each bot has half of the accounts; the halves differ from coin to coin, so that bots meet on accounts.
    """
    owner = User.objects.filter(role=Role.ADMIN).earliest("created_at")
    opened = [
        open_account(owner=owner, name=f"Proof {number}", initial_balance=Decimal(balance), now=timezone.now(), seed=1)
        for number, balance in enumerate(["1000000"] * (ACCOUNTS - 1) + ["4"])
    ]
    TradingAccount.objects.update(exchange=exchange)
    bots = [
        _bot(owner, coin, [opened[(shift + half * 4 + step) % ACCOUNTS] for step in range(4)])
        for shift, coin in enumerate(COINS)
        for half in (0, 1)
    ]
    print(json.dumps([asdict(bot) for bot in bots]))


def _bot(owner: User, coin: str, accounts: list[TradingAccount]) -> Alerted:
    bot = create_bot(owner=owner, name=f"{coin} from {accounts[0]}", symbol=f"{coin}USDT", config=CONFIG)
    for account in accounts:
        connect_account(bot, account)
    change_status(bot.id, BotStatus.ACTIVE)
    return Alerted(str(bot.id), webhook_key(bot), bot.symbol, len(accounts))
