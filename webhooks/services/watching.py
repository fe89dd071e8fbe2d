"""Watches what comes to bots: one that should have heard and did not, and one that hears so much that it will be cut.

Source of the rate: TradingView stops an alert that fires more than 15 times in 3 minutes.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery

from bots.models import Bot, BotStatus
from core.errors import Invalid
from trading.models import WatchType
from trading.services.risk.watches import Seen, keep_watch
from webhooks.models import Delivery

logger = logging.getLogger(__name__)

RATE_SPAN = timedelta(minutes=3)
RATE_WARNED_AT = 10


def watch_deliveries(now: datetime) -> int:
    """Raise and clear the alerts of silent bots and of those that hear too much; return how many were raised.

    The statements do not grow with the bots.
    """
    raised = keep_watch(WatchType.SILENCE, _silent(now), now=now)
    return raised + keep_watch(WatchType.ALERT_RATE, _flooded(now), now=now)


def _silent(now: datetime) -> Mapping[UUID, Seen]:
    newest = Delivery.objects.filter(bot=OuterRef("pk")).order_by("-id").values("received_at")[:1]
    active = Bot.objects.living().filter(status=BotStatus.ACTIVE, config__has_key="expected_every")
    found = {}
    heard: QuerySet[Any] = active.annotate(heard_at=Subquery(newest))
    for bot in heard:
        # From the start on: before it, nobody had to send anything.
        since = max(moment for moment in (bot.heard_at, bot.started_at, bot.created_at) if moment)
        seconds, expected = int((now - since).total_seconds()), _expected_every(bot)
        if expected and seconds > expected:
            sentence = f"{bot.name} has heard nothing for {seconds} s; an alert is expected every {expected} s."
            found[bot.pk] = Seen(sentence, Decimal(seconds), Decimal(expected))
    return found


def _expected_every(bot: Bot) -> int:
    """Return after how many seconds of silence a bot is told of; 0 for never, and where its settings are unreadable."""
    try:
        return bot.settings.expected_every
    except Invalid as wrong:  # each of its alerts is refused for it; the other bots are watched
        logger.warning("the settings of bot %s cannot be read: %s", bot.pk, wrong.message)
        return 0


def _flooded(now: datetime) -> Mapping[UUID, Seen]:
    recent = Delivery.objects.filter(received_at__gt=now - RATE_SPAN).order_by()
    counted = recent.values("bot", "bot__name").annotate(many=Count("pk")).filter(many__gte=RATE_WARNED_AT)
    return {
        row["bot"]: Seen(
            f"{row['bot__name']} had {row['many']} alerts in 3 minutes; TradingView stops an alert after 15.",
            Decimal(row["many"]),
            Decimal(RATE_WARNED_AT),
        )
        for row in counted
    }
