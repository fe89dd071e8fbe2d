"""Who stands behind a WebSocket: a token, or the cookie of the pages; and whether they still may.

A socket is let in once and stays for hours, so each process asks every second for the sessions of all its sockets,
and whether they may still read what they follow.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import ParseResult, urlparse
from uuid import UUID

from channels.db import database_sync_to_async
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import InterfaceError, OperationalError
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from accounts.following import Following
from accounts.models import User, UserSession
from accounts.selectors.people import session_of, session_of_page
from core.streams.sockets import Outbound

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.4  # so that with a busy second around it a socket ends within one

NOT_PROVED = 4401


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a socket belongs to, and the session that must stand."""

    user: User
    session_id: UUID

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.user.pk, self.session_id


def caller_by_token(token: str) -> Caller:
    """Return who an access token belongs to. Raises InvalidToken."""
    session = session_of(token, now=timezone.now())
    return Caller(session.user, session.pk)


def caller_by_cookie(scope: dict[str, Any]) -> Caller | None:
    """Return who is logged in on the pages, where the socket was opened by a page of ours; else None.

    Browsers send the cookie along for any page, and no other rule of theirs protects a WebSocket: the Origin decides.
    """
    key = parse_cookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")
    if not key or not is_our_origin(scope):
        return None
    session = session_of_page(SessionStore(key), now=timezone.now())
    return None if session is None else Caller(session.user, session.pk)


def is_our_origin(scope: dict[str, Any]) -> bool:
    """Say whether the page that opened a socket came from this desk: its own host, or CSRF_TRUSTED_ORIGINS."""
    origin, host = _header(scope, b"origin").lower(), _header(scope, b"host").lower()
    trusted = [name.replace("://*.", "://.") for name in settings.CSRF_TRUSTED_ORIGINS]
    if validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        trusted += [f"http://{host}", f"https://{host}"]
    return bool(OriginValidator(None, trusted).valid_origin(_parsed(origin)))


def _header(scope: dict[str, Any], name: bytes) -> str:
    return str(dict(scope.get("headers", [])).get(name, b"").decode("latin-1"))


def _parsed(origin: str) -> ParseResult | None:
    try:
        parsed = urlparse(origin)
        parsed.port  # noqa: B018 - a port that is none raises here
    except ValueError:
        return None
    return parsed if parsed.scheme in {"http", "https"} and parsed.hostname else None


def standing(callers: Collection[Caller]) -> set[tuple[UUID, UUID]]:
    """Return the keys of those whose session still lets them in, in one statement."""
    alive = UserSession.objects.alive(timezone.now()).filter(pk__in={caller.session_id for caller in callers})
    return set(alive.order_by().values_list("user", "pk"))


class Doorkeeper:
    """Closes sockets whose session is over, and what they may follow no longer. One per event loop with sockets."""

    def __init__(self) -> None:
        self.following = Following()
        self._sockets: dict[Outbound, Caller] = {}
        self._task: asyncio.Task[None] | None = None

    def enter(self, socket: Outbound, caller: Caller) -> None:
        self._sockets[socket] = caller
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    def leave(self, socket: Outbound) -> None:
        self._sockets.pop(socket, None)
        self.following.leave(socket)
        if not self._sockets and self._task is not None:
            self._task.cancel()
            self._task = None
            _doorkeepers.pop(asyncio.get_running_loop(), None)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self._look()
                await self.following.look()
            except (OperationalError, InterfaceError) as error:
                logger.warning("the rights of sockets cannot be read: %s", type(error).__name__)
            except Exception:
                logger.exception("a round of the doorkeeper failed")

    async def _look(self) -> None:
        by_key = defaultdict(list)
        for socket, caller in self._sockets.items():
            by_key[caller.key].append((socket, caller))
        still = await _standing([pairs[0][1] for pairs in by_key.values()])
        for key, pairs in by_key.items():
            if key not in still:
                for socket, _ in pairs:
                    socket.close(NOT_PROVED)


_doorkeepers: dict[asyncio.AbstractEventLoop, Doorkeeper] = {}
_standing = database_sync_to_async(standing)


def doorkeeper() -> Doorkeeper:
    """Return the doorkeeper of the running event loop."""
    return _doorkeepers.setdefault(asyncio.get_running_loop(), Doorkeeper())
