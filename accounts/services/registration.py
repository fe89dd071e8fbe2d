"""Registers people: a user, their paper account and a first session, or nothing at all."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import TradingAccount, User
from accounts.services import trading_accounts
from accounts.services.sessions import Device, open_session
from accounts.tokens import Tokens
from core.errors import Conflict, Invalid


class AlreadyTaken(Conflict):
    """Someone has this user name or this e-mail address; `fields` says which."""

    code = "ALREADY_TAKEN"

    def __init__(self, fields: Sequence[str]) -> None:
        lines = {field: ["This is taken already."] for field in fields}
        super().__init__(f"Taken already: {', '.join(fields)}.", errors=lines)
        self.fields = tuple(fields)


def register(
    *, username: str | None, email: str, password: str, full_name: str, device: Device, now: datetime
) -> tuple[User, Tokens]:
    """Create a trader with a default paper account and log them in; `username` None takes the e-mail address.

    Raises Invalid for a field or a weak password, AlreadyTaken, under a race too.
    """
    user = _checked(username=username or email, email=email, full_name=full_name, password=password, now=now)
    user.set_password(password)
    with transaction.atomic():
        _insert(user)
        open_default_account(user, now=now)
        return user, open_session(user, device=device, now=now)


def open_default_account(user: User, *, now: datetime) -> TradingAccount:
    """Give a new user the paper account that every person starts with."""
    return trading_accounts.open_account(
        owner=user,
        name="Paper",
        initial_balance=Decimal(settings.DEFAULT_ACCOUNT_BALANCE),
        now=now,
    )


def _checked(*, username: str, email: str, full_name: str, password: str, now: datetime) -> User:
    try:
        user = User.objects.new(username=username, email=email, full_name=full_name, created_at=now, last_login=now)
    except ValidationError as error:
        raise _invalid(error.message_dict) from error
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise _invalid({"password": error.messages}) from error
    return user


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    field, lines = next(iter(errors.items()))
    return Invalid(f"{field}: {lines[0]}", errors=errors)


def _insert(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        taken = _taken(user)
        if not taken:
            raise
        raise AlreadyTaken(taken) from error


def _taken(user: User) -> list[str]:
    rows = User.objects.filter(Q(username=user.username) | Q(email=user.email)).values("username", "email")
    return [field for field in ("username", "email") if any(row[field] == getattr(user, field) for row in rows)]
