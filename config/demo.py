"""The demo desk: accounts, a group and a bot on paper, with a little history, made through the services of all else."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import TradingAccount, User
from accounts.services.trading_accounts import open_account
from bots.models import Bot, BotStatus
from bots.services.alerts import Asked, signal_from_alert
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_group
from core.clock import Clock
from groups.models import AccountGroup
from groups.services.membership import create_group
from trading.decisions import IntentSide
from trading.services.signals import run_signal

SYMBOL = "BTCUSDT"
BOT_NAME = "BTC demo"
GROUP_NAME = "Demo group"
BALANCES = ("10000", "25000", "5000", "50000", "12500")


@dataclass(frozen=True, slots=True)
class DemoDesk:
    """What the demo consists of."""

    accounts: list[TradingAccount]
    group: AccountGroup
    bot: Bot


def find_demo() -> Bot | None:
    """Return the demo bot where it was made before."""
    return Bot.objects.living().filter(name=BOT_NAME).order_by("created_at").first()


def make_demo(owner: User, *, clock: Clock) -> DemoDesk:
    """Make the demo desk of `owner`; its history is one long, opened and closed, on every account."""
    accounts = [
        open_account(owner=owner, name=f"Demo {number}", initial_balance=Decimal(balance), now=clock(), max_leverage=20)
        for number, balance in enumerate(BALANCES, start=1)
    ]
    group = create_group(name=GROUP_NAME, created_by=owner, accounts=accounts)
    bot = create_bot(
        owner=owner,
        name=BOT_NAME,
        symbol=SYMBOL,
        config={"leverage": 5, "position_size": "10%", "on_opposite": "reverse"},
    )
    connect_group(bot, group)
    bot = change_status(bot.id, BotStatus.ACTIVE)
    for side in (IntentSide.BUY, IntentSide.CLOSE):
        signal = signal_from_alert(bot, Asked(side, SYMBOL), signal_id=uuid.uuid4(), received_at=clock(), now=clock())
        run_signal(signal.id, clock=clock)
    return DemoDesk(accounts, group, bot)
