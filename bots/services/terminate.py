"""Terminates bots: on all accounts of one, what is held and works in its coin is ended, and what is left is told."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from bots.models import Bot
from bots.selectors.accounts import accounts_of
from core.clock import Clock
from core.streams.outbox import emit
from trading.services.facts import bot_message
from trading.services.flatten import Closing
from trading.services.terminate_coin import left_of_coin, terminate_coin


@dataclass(frozen=True, slots=True)
class BotTermination:
    """On how many of the bot's accounts nothing of its coin is left, and what there still is on the others."""

    terminated_accounts: int
    errors: list[Closing]

    @property
    def success(self) -> bool:
        return not self.errors


def terminate_bot(bot: Bot, *, run_id: UUID, clock: Clock, begun: Callable[[], None] | None = None) -> BotTermination:
    """Cancel all orders and close all positions in the bot's coin on its accounts; tell its stream how far it came.

    The bot's state stays: while it is active, its next alert trades. `begun` is called first, in a transaction.
    """
    if begun is not None:
        with transaction.atomic():
            begun()
    account_ids = list(accounts_of(bot).values_list("pk", flat=True))
    left = terminate_coin(account_ids, base=bot.base_name, bot_id=bot.pk, run_id=run_id, clock=clock)
    termination = _termination(account_ids, left)
    now = clock()
    told = {"terminated_accounts": termination.terminated_accounts, "errors": len(left)}
    fact = {"type": "BotTerminated", "bot_id": str(bot.pk), **told}
    with transaction.atomic():
        emit([bot_message(bot.pk, [fact], now=now)], now=now)
    return termination


def termination_so_far(bot: Bot) -> BotTermination:
    """Return what is left by now of the coin on the bot's accounts, of a termination that may have died."""
    account_ids = list(accounts_of(bot).values_list("pk", flat=True))
    return _termination(account_ids, left_of_coin(account_ids, base=bot.base_name))


def _termination(account_ids: Collection[UUID], left: list[Closing]) -> BotTermination:
    unfinished = {closing.account_id for closing in left}
    return BotTermination(len(set(account_ids) - unfinished), left)
