"""Deletes bots: not while one holds positions, waits for orders or is handling a signal. Its rows stay."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from bots.models import Bot, BotConnection, BotStatus
from bots.selectors.accounts import accounts_of
from bots.services.bots import locked_bot
from core.errors import Conflict
from core.streams.outbox import emit
from trading.models import ScopeType
from trading.selectors.in_the_name import under_way_for
from trading.services.facts import bot_message
from trading.services.risk.records import delete_limits_of
from trading.services.scopes import set_covered_accounts


class BotInUse(Conflict):
    """The bot holds positions, or something is under way in its name."""

    code = "BOT_IN_USE"


def delete_bot(bot: Bot, *, now: datetime) -> None:
    """Take a bot away from all who see it, for good: stopped, without a key that works, connected to nothing.

    Its limits go with it and its alerts end. Its accounts are locked, so that no order of it is stored meanwhile.
    Raises BotMissing, BotInUse.
    """
    with transaction.atomic():
        list(accounts_of(bot).locked().values_list("pk", flat=True))
        doomed = locked_bot(bot.pk)
        _check_nothing_under_way(doomed.pk)
        doomed.status, doomed.deleted_at = BotStatus.STOPPED, now
        doomed.save(update_fields=["status", "deleted_at"])
        BotConnection.objects.filter(bot=doomed).delete()
        set_covered_accounts(ScopeType.BOT, doomed.pk, [])
        delete_limits_of(ScopeType.BOT, doomed.pk, now=now)
        fact = {"type": "BotDeleted", "bot_id": str(doomed.pk)}
        emit([bot_message(doomed.pk, [fact], now=now)], now=now)


def _check_nothing_under_way(bot_id: UUID) -> None:
    found = under_way_for(bot_id)
    if found.anything:
        raise BotInUse(
            f"The bot has {found.positions} open position(s), {found.orders} order(s) and {found.signals} signal(s) "
            "that are not over."
        )
