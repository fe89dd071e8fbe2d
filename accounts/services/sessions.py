"""Opens, refreshes and ends sessions."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.lockout import refusal_of
from accounts.models import User, UserSession
from accounts.models.sessions import EndReason
from accounts.selectors.people import live_session
from accounts.tokens import Claims, InvalidToken, Tokens, make_tokens, read_refresh
from core.clock import Clock
from core.errors import Missing, Unauthenticated

# A process that dies between the replacement of a token and its answer leaves the token's end this far ahead.
ANSWERED_WITHIN = timedelta(seconds=5)


class InvalidCredentials(Unauthenticated):
    """Unknown name, wrong password, or shut out: which of them is not told."""

    code = "INVALID_CREDENTIALS"

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong.")


class NoSuchSession(Missing):
    """There is no such session, it is somebody else's, or it is over."""

    def __init__(self) -> None:
        super().__init__("There is no such session, or it is over.")


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from: address and agent as the server sees them, `info` as the device says of itself."""

    ip_address: str | None = None
    user_agent: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)


def log_in(
    request: HttpRequest, *, name_or_email: str, password: str, device: Device, now: datetime
) -> tuple[User, Tokens]:
    """Check a password and open a session. Raises InvalidCredentials, after the same work whatever is wrong.

    Raises LockedOut and RateLimited for whom `request` comes from, Unavailable while nobody can count.
    The password is hashed before the transaction starts: it takes a third of a second.
    """
    user = authenticate(request, username=name_or_email, password=password)
    if not isinstance(user, User):
        raise refusal_of(request) or InvalidCredentials()
    with transaction.atomic():
        note_login(user, now=now)
        return user, open_session(user, device=device, now=now)


def note_login(user: User, *, now: datetime) -> None:
    """Write a login down, in the transaction that stores its session. Raises InvalidCredentials.

    The password was checked before: where it has changed since, or the user was shut out, the login is refused. The
    row stays locked until the session is stored, so that who changes the password next finds the session to end.
    """
    proved = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    if not proved.update(last_login=now):
        raise InvalidCredentials
    user.last_login = now


def open_session(user: User, *, device: Device, now: datetime) -> Tokens:
    """Store a new session of `user`, in place of those of the same device, and return its first tokens.

    A device is what it says of itself, `device.info`, all of it; sessions that say nothing stand side by side. The
    user's row is locked, as note_login leaves it, or new: of two logins at once the later one finds the earlier.
    """
    _end_replaced(user, device, now=now)
    session_id = uuid.uuid4()
    tokens, refresh_claims = make_tokens(user_id=user.id, session_id=session_id, now=now)
    _store(session_id, user=user, refresh_hash=refresh_claims.token_hash, device=device, now=now)
    return tokens


def open_page_session(user: User, *, device: Device, now: datetime) -> UserSession:
    """Store a new session of `user` for a browser that keeps its id in a cookie's session; it has no tokens."""
    return _store(uuid.uuid4(), user=user, refresh_hash="", device=device, now=now)


def refresh(*, refresh_token: str, arrived_at: datetime, clock: Clock) -> tuple[User, Tokens]:
    """Change a refresh token for a new pair; the old one is spent. Raises InvalidToken.

    `arrived_at` is when the request began. Of several that show the same token at the same moment one wins the
    guarded UPDATE; those that had begun before it had its answer lost a race, and the session lives. Any other use of a
    spent token ends its session: one of the two who showed it is a thief, and nobody can say which.
    Not to be called inside a transaction: the refusal would take that ending back.
    """
    shown = read_refresh(refresh_token)
    session = live_session(shown, now=arrived_at)
    tokens, next_claims = make_tokens(user_id=session.user_id, session_id=session.id, now=arrived_at)
    if _rotate(session, shown=shown, following=next_claims, now=arrived_at, clock=clock):
        _note_answer(session, following=next_claims, clock=clock)
        return session.user, tokens
    if not _lost_a_race(session, shown=shown, arrived_at=arrived_at):
        end_session(session, reason=EndReason.REFRESH_REUSED, now=clock())
    raise InvalidToken


def end_session(session: UserSession, *, reason: EndReason, now: datetime) -> bool:
    """End a session: its tokens stop working at once. Return False where it was over already, which stands."""
    return bool(end_sessions(UserSession.objects.filter(pk=session.pk), reason=reason, now=now))


def end_sessions(chosen: QuerySet[UserSession], *, reason: EndReason, now: datetime) -> int:
    """End those of the chosen sessions that are not over yet, in one statement; return how many."""
    return chosen.filter(ended_at=None).update(ended_at=now, end_reason=reason)


def terminate_session(session_id: UUID, *, asker: User, now: datetime) -> None:
    """End a live session: one's own, for an admin anybody's. Raises NoSuchSession."""
    live = UserSession.objects.writable_by(asker).alive(now).filter(pk=session_id)
    if not end_sessions(live, reason=EndReason.TERMINATED, now=now):
        raise NoSuchSession


def purge_sessions(now: datetime, *, batch: int = 1000) -> int:
    """Delete the sessions that were over before SESSION_RETENTION, `batch` rows a statement; return how many."""
    before = now - settings.SESSION_RETENTION
    old = UserSession.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before)).order_by("pk")
    deleted = 0
    while chosen := list(old.values_list("pk", flat=True)[:batch]):
        deleted += UserSession.objects.filter(pk__in=chosen).delete()[0]
    return deleted


def _end_replaced(user: User, device: Device, *, now: datetime) -> None:
    # Compared here: of two equal objects SQLite compares the text, in which the order of the keys counts.
    if not device.info:
        return
    said = json.loads(json.dumps(dict(device.info), cls=DjangoJSONEncoder))
    live = UserSession.objects.alive(now).filter(user=user).exclude(device_info={}).values_list("pk", "device_info")
    same = [pk for pk, info in live if info == said]
    end_sessions(UserSession.objects.filter(pk__in=same), reason=EndReason.REPLACED, now=now)


def _store(session_id: UUID, *, user: User, refresh_hash: str, device: Device, now: datetime) -> UserSession:
    return UserSession.objects.create(
        id=session_id,
        user=user,
        refresh_hash=refresh_hash,
        device_info=dict(device.info),
        ip_address=device.ip_address,
        user_agent=device.user_agent,
        created_at=now,
        last_seen_at=now,
        expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
    )


def _rotate(session: UserSession, *, shown: Claims, following: Claims, now: datetime, clock: Clock) -> bool:
    # In a transaction: on SQLite its begin waits for the lock, and the clock is read with the lock in hand.
    with transaction.atomic():
        turned = UserSession.objects.filter(pk=session.pk, refresh_hash=shown.token_hash, ended_at=None).update(
            refresh_hash=following.token_hash,
            previous_refresh_hash=shown.token_hash,
            refreshed_at=clock() + ANSWERED_WITHIN,
            last_seen_at=now,
            expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
        )
    return bool(turned)


def _note_answer(session: UserSession, *, following: Claims, clock: Clock) -> None:
    """From here on nobody shows the token that was replaced in good faith: the commit of the next is behind us."""
    with transaction.atomic():
        UserSession.objects.filter(pk=session.pk, refresh_hash=following.token_hash).update(refreshed_at=clock())


def _lost_a_race(session: UserSession, *, shown: Claims, arrived_at: datetime) -> bool:
    """Say whether the shown token is the one just replaced, and was good when its request began.

    It was where the request found it good in the row, or arrived before the replacement was about to be answered.
    """
    was_good = session.refresh_hash == shown.token_hash
    replaced = UserSession.objects.filter(pk=session.pk, previous_refresh_hash=shown.token_hash)
    return (replaced if was_good else replaced.filter(refreshed_at__gte=arrived_at)).exists()
