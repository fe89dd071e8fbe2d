"""Changes passwords: who knows the old one keeps the session that asks, and every other session ends."""

from datetime import datetime

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts.lockout import refusal_of
from accounts.models import User, UserSession
from accounts.models.sessions import EndReason
from accounts.services.sessions import end_sessions
from core.errors import Invalid


class WrongPassword(Invalid):
    """The current password is not the one that was given."""

    code = "WRONG_PASSWORD"

    def __init__(self) -> None:
        lines = ["This is not your password."]
        super().__init__("current_password: This is not your password.", errors={"current_password": lines})


class WeakPassword(Invalid):
    """A new password that the desk's rules refuse; `errors` says why."""

    code = "WEAK_PASSWORD"


def change_password(
    request: HttpRequest, session: UserSession, *, current_password: str, new_password: str, now: datetime
) -> None:
    """Give the session's user another password and end all their other sessions. Raises WrongPassword, WeakPassword.

    A wrong current password is a failed login of whom `request` comes from, with all that log_in raises for it.
    Both passwords are hashed before the transaction starts: it takes a third of a second each.
    """
    user = authenticate(request, username=session.user.username, password=current_password)
    if not isinstance(user, User):
        raise refusal_of(request) or WrongPassword()
    hashed = hashed_password(new_password, user)
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, password=user.password).update(password=hashed):
            raise WrongPassword  # it was changed meanwhile
        end_all_sessions(user, but=session, now=now)


def hashed_password(new_password: str, user: User) -> str:
    """Return the hash of a password that the desk's rules allow this user. Raises WeakPassword."""
    try:
        validate_password(new_password, user)
    except ValidationError as error:
        raise WeakPassword(f"new_password: {error.messages[0]}", errors={"new_password": error.messages}) from error
    return make_password(new_password)


def end_all_sessions(user: User, *, now: datetime, but: UserSession | None = None) -> None:
    """End every session of a user whose password changed, but the one given."""
    chosen = UserSession.objects.filter(user=user)
    end_sessions(chosen.exclude(pk=but.pk) if but else chosen, reason=EndReason.PASSWORD_CHANGED, now=now)
