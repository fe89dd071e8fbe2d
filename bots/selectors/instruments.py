"""Which instruments bots were made for."""

from uuid import UUID

from django.db.models import QuerySet

from bots.models import Bot, BotStatus
from market.models import Instrument


def instruments_of_active_bots() -> QuerySet[Instrument, tuple[UUID]]:
    """Return the ids of the instruments of active bots, so that an alert finds their prices fetched."""
    symbols = Bot.objects.living().filter(status=BotStatus.ACTIVE).values("symbol")
    return Instrument.objects.filter(symbol__in=symbols).values_list("pk")


def coin_of_bot(bot_id: UUID) -> str:
    """Return the base coin of a bot; empty where there is no such bot."""
    return Bot.objects.filter(pk=bot_id).values_list("base_name", flat=True).first() or ""
