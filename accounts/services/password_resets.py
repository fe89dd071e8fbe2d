"""New passwords for who forgot theirs: a request stores a row, a worker mails a token, the token is good once.

Nothing that the request does depends on whether anybody has the address, so its answer and its time tell nothing.
A mail server that hangs holds one thread of a process at most, five seconds a minute: alerts are handled in the others.
"""

import logging
import smtplib
import threading
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import F
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts import mails
from accounts.models import PasswordResetRequest, User
from accounts.models.users import folded
from accounts.services.passwords import end_all_sessions, hashed_password
from core.clock import Clock
from core.errors import AppError
from core.patience import Patience

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=1)
KEPT_FOR = timedelta(days=1)
MOST_SWEPT = 20

_mailing = threading.Lock()
_mail_server = Patience(RETRY_AFTER.total_seconds())


class InvalidResetToken(AppError):
    """Not made by this desk, used, older than an hour, or of somebody who is shut out: which of them is not told."""

    code = "INVALID_RESET_TOKEN"

    def __init__(self) -> None:
        super().__init__("The token is not valid, or no longer.")


def ask_for_reset(*, email: str, now: datetime) -> UUID:
    """Store that somebody asks for a new password, in one statement; return the request's id."""
    return PasswordResetRequest.objects.create(email=folded(email), asked_at=now, next_attempt_at=now).pk


def deliver_reset(request_id: UUID, *, clock: Clock) -> None:
    """Mail a token to the user who has the request's address, if one has; not to be called inside a transaction.

    Where this process is mailing already, or the mail server has just failed, the row is left to the sweep untouched.
    A mail that cannot be sent is tried again after a minute, five times in all. A user without a password gets none.
    """
    if not _mailing.acquire(blocking=False):
        return
    try:
        _deliver(request_id, clock=clock)
    finally:
        _mailing.release()


def due_resets(now: datetime) -> list[UUID]:
    """Return the requests that wait for a worker, the oldest first, at most MOST_SWEPT of them."""
    due = PasswordResetRequest.objects.due(now).order_by("asked_at")
    return list(due.values_list("pk", flat=True)[:MOST_SWEPT])


def purge_resets(now: datetime) -> None:
    """Delete the requests of more than a day ago."""
    PasswordResetRequest.objects.filter(asked_at__lt=now - KEPT_FOR).delete()


def reset_token(user: User) -> str:
    """Return a token that names the user and is good until it is used, they log in, or an hour has passed."""
    return f"{urlsafe_base64_encode(force_bytes(user.pk))}-{default_token_generator.make_token(user)}"


def complete_reset(*, token: str, new_password: str, now: datetime) -> None:
    """Give the user whom the token names a new password and end all their sessions.

    Raises InvalidResetToken, or WeakPassword, after which the token is still good. Of several who show a token at
    once one succeeds: it is checked again with the user's row locked.
    """
    user_id, secret = _parts(token)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    hashed = hashed_password(new_password, _proved(user, secret))
    with transaction.atomic():
        locked = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
        proved = _proved(locked, secret)
        User.objects.filter(pk=proved.pk).update(password=hashed)
        end_all_sessions(proved, now=now)


def _deliver(request_id: UUID, *, clock: Clock) -> None:
    now = clock()
    asked = PasswordResetRequest.objects.due(now).filter(pk=request_id).first()
    if asked is None:
        return
    user = _entitled(asked.email)
    # The one question that is worth asking a server that failed is not spent on an address that nobody has.
    if user is not None and not _mail_server.worth_asking():
        return
    if _claim(asked, now=now) and (user is None or _mailed(user, asked)):
        PasswordResetRequest.objects.filter(pk=asked.pk).update(done_at=clock())


def _entitled(email: str) -> User | None:
    user = User.objects.filter(email=email, is_active=True).first()
    return user if user is not None and user.has_usable_password() else None


def _claim(asked: PasswordResetRequest, *, now: datetime) -> bool:
    due = PasswordResetRequest.objects.due(now).filter(pk=asked.pk)
    return bool(due.update(attempts=F("attempts") + 1, next_attempt_at=now + RETRY_AFTER))


def _mailed(user: User, asked: PasswordResetRequest) -> bool:
    try:
        mails.send_reset(user, reset_token(user))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refusal:
        _mail_server.answered()  # it will not have this mail; those of others are no matter of it
        _log_failure(asked, refusal)
        return False
    except OSError as error:  # smtplib's errors are of this kind too
        _mail_server.failed()
        _log_failure(asked, error)
        return False
    _mail_server.answered()
    return True


def _log_failure(asked: PasswordResetRequest, error: OSError) -> None:
    logger.error("attempt %d to mail a reset token failed: %s", asked.attempts + 1, type(error).__name__)


def _parts(token: str) -> tuple[UUID, str]:
    encoded, _, secret = token.partition("-")
    try:
        return UUID(urlsafe_base64_decode(encoded).decode()), secret
    except ValueError as error:
        raise InvalidResetToken from error


def _proved(user: User | None, secret: str) -> User:
    if user is None or not default_token_generator.check_token(user, secret):
        raise InvalidResetToken
    return user
