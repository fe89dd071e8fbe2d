"""What groups do by the clock."""

from celery import shared_task
from django.utils import timezone

from groups.services.trades import give_up_left_behind


@shared_task(name="groups.tasks.give_up_left_behind")
def give_up_trades_left_behind() -> int:
    """End group trades that a process left behind; return how many."""
    return give_up_left_behind(clock=timezone.now)
