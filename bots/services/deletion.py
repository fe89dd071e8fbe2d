"""Deletes bots: not while one holds positions, waits for orders or is handling a signal. Its rows stay."""

from datetime import datetime

from django.db import transaction

from bots.models import Bot, BotConnection, BotStatus
from bots.selectors.accounts import accounts_of
from bots.services.bots import locked_bot
from bots.services.in_use import check_nothing_under_way
from core.streams.outbox import emit
from trading.models import ScopeType
from trading.services.facts import bot_message
from trading.services.risk.records import delete_limits_of
from trading.services.scopes import set_covered_accounts


def delete_bot(bot: Bot, *, now: datetime) -> None:
    """Take a bot away from all who see it, for good: stopped, without a key that works, connected to nothing.

    Its limits go with it and its alerts end. Its accounts are locked, so that no order of it is stored meanwhile.
    Raises BotMissing, BotInUse.
    """
    with transaction.atomic():
        list(accounts_of(bot).locked().values_list("pk", flat=True))
        doomed = locked_bot(bot.pk)
        check_nothing_under_way(doomed.pk)
        doomed.status, doomed.deleted_at = BotStatus.STOPPED, now
        doomed.save(update_fields=["status", "deleted_at"])
        BotConnection.objects.filter(bot=doomed).delete()
        set_covered_accounts(ScopeType.BOT, doomed.pk, [])
        delete_limits_of(ScopeType.BOT, doomed.pk, now=now)
        fact = {"type": "BotDeleted", "bot_id": str(doomed.pk)}
        emit([bot_message(doomed.pk, [fact], now=now)], now=now)
