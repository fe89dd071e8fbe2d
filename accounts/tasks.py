"""What workers do with people's rows: mail tokens for new passwords, forget failed logins and old sessions.

The rows are the truth: a task is a nudge, the sweep is sure.
"""

from datetime import timedelta
from uuid import UUID

from axes.models import AccessAttempt
from celery import shared_task
from django.utils import timezone

from accounts.services.password_resets import deliver_reset, due_resets, purge_resets
from accounts.services.sessions import purge_sessions
from core.tasks import nudge_worker

FAILED_LOGINS_KEPT = timedelta(days=7)


@shared_task(name="accounts.tasks.mail_reset")
def mail_reset(request_id: str) -> None:
    """Mail the token that one request asks for."""
    deliver_reset(UUID(request_id), clock=timezone.now)


@shared_task(name="accounts.tasks.sweep_resets")
def sweep_resets() -> None:
    """Mail what a lost nudge, a dead worker or a mail server that was away left behind; forget what is a day old."""
    now = timezone.now()
    for request_id in due_resets(now):
        deliver_reset(request_id, clock=timezone.now)
    purge_resets(now)


def nudge(request_id: UUID) -> None:
    """Ask a worker to mail a token."""
    nudge_worker(mail_reset, request_id)


@shared_task(name="accounts.tasks.forget_failed_logins")
def forget_failed_logins() -> int:
    """Delete failed logins that are a week old; return how many."""
    deleted, _ = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - FAILED_LOGINS_KEPT).delete()
    return deleted


@shared_task(name="accounts.tasks.forget_sessions")
def forget_sessions() -> int:
    """Delete the sessions that have been over for SESSION_RETENTION; return how many."""
    return purge_sessions(timezone.now())
