"""What a bot earned, with the names of the accounts that it traded and trades."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import TradingAccount
from bots.models import Bot
from bots.selectors.accounts import accounts_of
from trading.selectors.bot_performance import Earned, Periods, earned_by_account, earned_by_period, earned_together


@dataclass(frozen=True, slots=True)
class AccountEarned:
    """What a bot earned on one account."""

    name: str
    earned: Earned

    def __getattr__(self, name: str) -> Any:
        return getattr(self.earned, name)


@dataclass(frozen=True, slots=True)
class BotPerformance:
    """What a bot earned: together, by period, by account; what counts as the bot's says `bot_performance`."""

    bot_id: UUID
    metrics: Earned
    periods: Periods
    accounts: Mapping[UUID, AccountEarned]


def performance_of_bot(bot: Bot, *, now: datetime) -> BotPerformance:
    """Return what a bot earned until now on the accounts that it trades or ever traded.

    The statements do not grow with accounts, positions or days.
    """
    by_account = _by_account(bot, now=now)
    names = dict(TradingAccount.objects.filter(pk__in=by_account).values_list("pk", "name"))
    accounts = {pk: AccountEarned(names[pk], earned) for pk, earned in by_account.items()}
    return BotPerformance(bot.pk, earned_together(by_account), earned_by_period(bot.pk), accounts)


def metrics_of_bot(bot: Bot, *, now: datetime) -> Earned:
    """Return what a bot earned on all accounts together."""
    return earned_together(_by_account(bot, now=now))


def _by_account(bot: Bot, *, now: datetime) -> dict[UUID, Earned]:
    traded = list(accounts_of(bot).values_list("pk", flat=True))
    return earned_by_account(bot.pk, traded, now=now)
