"""Decisions of bots: which bots have one to make or to go through with, and what was decided."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from bots.models import Bot, BotDecision, BotStatus


def bots_at_work() -> QuerySet[Bot]:
    """Return the bots that a strategy decides for, and those with a decision that is not through, in one statement.

    Each comes with `decided_until`, when the newest candle of its interval opened that is decided, with the newest
    decision in its market that it stands by (`stands_at`, `stood_from`, `stood_interval`, `stood_at`), and with
    `is_unsettled`.
    """
    own = BotDecision.objects.filter(bot=OuterRef("pk"))
    newest = own.filter(interval=OuterRef("timeframe")).order_by("-opened_at")
    made = own.filter(is_made=True, symbol=OuterRef("symbol")).order_by("-id")
    unsettled = Exists(own.filter(settled_at=None))
    decides = Q(status=BotStatus.ACTIVE, deleted_at=None, strategy__deleted_at=None) & ~Q(strategy__rule="")
    found = Bot.objects.filter(decides | unsettled).select_related("strategy")
    return found.annotate(
        decided_until=newest.values("opened_at")[:1],
        stands_at=made.values("target")[:1],
        stood_from=made.values("opened_at")[:1],
        stood_interval=made.values("interval")[:1],
        stood_at=made.values("decided_at")[:1],
        is_unsettled=unsettled,
    )


def decides_now(bot: Bot) -> bool:
    """Say whether a strategy decides for the bot as it stands."""
    strategy = bot.strategy
    is_active = bot.status == BotStatus.ACTIVE and bot.deleted_at is None
    return is_active and strategy is not None and strategy.deleted_at is None and bool(strategy.rule)


def oldest_unsettled(bot_id: UUID, *, now: datetime) -> BotDecision | None:
    """Return the oldest decision of a bot that is not through; None where there is none, or a worker holds it."""
    oldest = BotDecision.objects.filter(bot=bot_id, settled_at=None).order_by("id").first()
    return None if oldest is not None and oldest.is_held(now) else oldest


def decisions_of(bot: Bot) -> QuerySet[BotDecision]:
    """Return the decisions of a bot, the newest candle first."""
    return BotDecision.objects.filter(bot=bot).order_by("-opened_at", "-id")


def last_decision(bot: Bot) -> BotDecision | None:
    """Return the decision on the newest candle of a bot; None where it has made none."""
    return decisions_of(bot).first()


def decision_of_signal(signal_id: UUID) -> BotDecision | None:
    """Return the decision that sent a signal; None where none did."""
    return BotDecision.objects.filter(signal=signal_id).first()
