"""The worker's way to the inbox. The rows are the truth: a task is a nudge, the sweep is the guarantee."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from core.tasks import nudge_worker
from webhooks.services.handling import bots_with_work, work_inbox
from webhooks.services.watching import watch_deliveries


@shared_task(name="webhooks.tasks.work_bot_inbox")
def work_bot_inbox(bot_id: str) -> None:
    """Handle what waits for one bot."""
    work_inbox(UUID(bot_id), clock=timezone.now)


@shared_task(name="webhooks.tasks.sweep_inbox")
def sweep_inbox() -> None:
    """Nudge every bot that has work: what a lost nudge or a dead worker left behind."""
    for bot_id in bots_with_work(timezone.now()):
        nudge(bot_id)


@shared_task(name="webhooks.tasks.watch_deliveries")
def watch_what_comes() -> int:
    """Look for bots that hear nothing or too much; return how many alerts were raised."""
    return watch_deliveries(timezone.now())


def nudge(bot_id: UUID) -> None:
    """Ask a worker to look at a bot's inbox."""
    nudge_worker(work_bot_inbox, bot_id)
