"""What workers do for bots by the clock: decide on closed candles, go through with that, and forget what is old."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from bots.services.deciding import decide_closed_candles
from bots.services.decisions import forget_decisions, settle_decisions
from core.tasks import nudge_worker


@shared_task(name="bots.tasks.decide")
def decide() -> None:
    """Decide on the candles that have closed, and nudge every bot that has a signal on its way: the guarantee too."""
    for bot_id in decide_closed_candles(clock=timezone.now):
        nudge_worker(settle_bot, bot_id)


@shared_task(name="bots.tasks.settle_bot")
def settle_bot(bot_id: str) -> None:
    """Take what one bot decided down the road."""
    settle_decisions(UUID(bot_id), clock=timezone.now)


@shared_task(name="bots.tasks.forget_decisions")
def forget_old_decisions() -> None:
    """Delete the decisions of a month ago that sent nothing."""
    forget_decisions(now=timezone.now())
