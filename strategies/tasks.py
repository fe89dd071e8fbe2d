"""What workers do for backtests and sweeps by the clock."""

from celery import shared_task
from django.utils import timezone

from strategies.services.endings import settle_runs


@shared_task(name="strategies.tasks.settle")
def settle() -> None:
    """End the runs whose jobs ended without them: a process that died, a job that was cancelled by itself."""
    settle_runs(now=timezone.now())
