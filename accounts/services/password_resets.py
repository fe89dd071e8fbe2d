"""New passwords for who forgot theirs: a request stores a row, a worker mails a token, the token is good once.

Nothing that the request does depends on whether anybody has the address, so its answer and its time tell nothing.
"""

import logging
from collections.abc import Callable
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
from core.errors import AppError

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=1)
KEPT_FOR = timedelta(days=1)


class InvalidResetToken(AppError):
    """Not made by this desk, used, older than an hour, or of somebody who is shut out: which of them is not told."""

    code = "INVALID_RESET_TOKEN"

    def __init__(self) -> None:
        super().__init__("The token is not valid, or no longer.")


def ask_for_reset(*, email: str, now: datetime) -> UUID:
    """Store that somebody asks for a new password, in one statement; return the request's id."""
    return PasswordResetRequest.objects.create(email=folded(email), asked_at=now, next_attempt_at=now).pk


def deliver_reset(request_id: UUID, *, clock: Callable[[], datetime]) -> None:
    """Mail a token to the user who has the request's address, if one has; not to be called inside a transaction.

    A mail that cannot be sent is tried again after a minute, five times in all. A user without a password gets none.
    """
    if not _claim(request_id, now=clock()):
        return
    asked = PasswordResetRequest.objects.get(pk=request_id)
    user = User.objects.filter(email=asked.email, is_active=True).first()
    if user is not None and user.has_usable_password() and not _mailed(user, asked):
        return
    PasswordResetRequest.objects.filter(pk=request_id).update(done_at=clock())


def due_resets(now: datetime) -> list[UUID]:
    """Return the requests that wait for a worker, the oldest first."""
    return list(PasswordResetRequest.objects.due(now).order_by("asked_at").values_list("pk", flat=True))


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


def _claim(request_id: UUID, *, now: datetime) -> bool:
    due = PasswordResetRequest.objects.due(now).filter(pk=request_id)
    return bool(due.update(attempts=F("attempts") + 1, next_attempt_at=now + RETRY_AFTER))


def _mailed(user: User, asked: PasswordResetRequest) -> bool:
    try:
        mails.send_reset(user, reset_token(user))
    except OSError as error:  # smtplib's errors are of this kind too
        logger.error("attempt %d to mail a reset token failed: %s", asked.attempts, type(error).__name__)
        return False
    return True


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
