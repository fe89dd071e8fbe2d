"""What workers do for trading by the clock. The rows are the truth: a round that was missed is made up by the next."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from core.tasks import nudge_worker
from trading.models import Switch
from trading.services.abandoned import give_up_abandoned
from trading.services.equity import keep_hourly_equity
from trading.services.funding import book_fundings
from trading.services.margins import sweep_margins
from trading.services.risk.flattening import go_on_flattening
from trading.services.risk.monitor import watch


@shared_task(name="trading.tasks.keep_hourly_equity")
def keep_equity_of_the_hour() -> int:
    """Write what every account is worth at the whole hour; return how many points were written."""
    return keep_hourly_equity(timezone.now())


@shared_task(name="trading.tasks.book_fundings")
def book_due_fundings() -> int:
    """Book the fundings that are due; return how many."""
    return book_fundings(clock=timezone.now)


@shared_task(name="trading.tasks.sweep_margins")
def sweep_all_margins() -> int:
    """Close out what is below its maintenance margin and was not noticed by the prices; return how many accounts."""
    return sweep_margins(clock=timezone.now)


@shared_task(name="trading.tasks.give_up_abandoned")
def give_up_abandoned_signals() -> int:
    """End the group trades and retries whose request died and that nobody asked for again; return how many."""
    return give_up_abandoned(clock=timezone.now)


@shared_task(name="trading.tasks.watch_risk")
def watch_risk() -> None:
    """Hold every account against its limits, and go on closing what a switch says is to be closed."""
    watch(clock=timezone.now)


@shared_task(name="trading.tasks.flatten_scope")
def flatten_scope(switch_id: str) -> None:
    """Close what one switch covers, now."""
    for switch in Switch.objects.filter(pk=UUID(switch_id), flattening=True):
        go_on_flattening(switch, clock=timezone.now)


def nudge_flatten(switch_id: UUID) -> None:
    """Ask a worker to close what a switch covers."""
    nudge_worker(flatten_scope, switch_id)
