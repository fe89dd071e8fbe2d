"""Tokens: how a session is written into a pair of JWTs and read back.

SimpleJWT signs and checks them (HS256, claims sub, sid, jti, exp, iat, token_type). Its own views and its blacklist
are not used: whether a session stands is asked of its row, see services/sessions.py.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from core.errors import Unauthenticated


class InvalidToken(Unauthenticated):
    """A token that this desk did not sign, of the other kind, run out, or of a session that is over."""

    def __init__(self) -> None:
        super().__init__("The token is not valid, or no longer.")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a checked token says: who, in which session, under which id of its own."""

    user_id: UUID
    session_id: UUID
    token_id: str

    @property
    def token_hash(self) -> str:
        """The SHA-256 of the token's id: 122 random bits, so it needs no salt."""
        return hashlib.sha256(self.token_id.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets: `expires_in` is the seconds that the access token lasts."""

    access: str
    refresh: str
    expires_in: int
    session_id: UUID


def make_tokens(*, user_id: UUID, session_id: UUID, now: datetime) -> tuple[Tokens, Claims]:
    """Sign a new pair for a session; the claims are those of its refresh token."""
    access, refresh = AccessToken(), RefreshToken()
    _fill(access, user_id, session_id, now, settings.ACCESS_TOKEN_LIFETIME)
    _fill(refresh, user_id, session_id, now, settings.REFRESH_TOKEN_LIFETIME)
    seconds = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())
    return Tokens(str(access), str(refresh), seconds, session_id), _claims(refresh)


def read_access(text: str) -> Claims:
    """Return the claims of an access token. Raises InvalidToken; the clock is this machine's."""
    return _read(AccessToken, text)


def read_refresh(text: str) -> Claims:
    """Return the claims of a refresh token. Raises InvalidToken; the clock is this machine's."""
    return _read(RefreshToken, text)


def _fill(token: Token, user_id: UUID, session_id: UUID, now: datetime, lifetime: timedelta) -> None:
    token["sub"], token["sid"] = str(user_id), str(session_id)
    token.set_iat(at_time=now)
    token.set_exp(from_time=now, lifetime=lifetime)


def _read(kind: type[Token], text: str) -> Claims:
    try:
        return _claims(kind(text))  # type: ignore[arg-type]
    except (TokenError, KeyError, ValueError) as error:
        raise InvalidToken from error


def _claims(token: Token) -> Claims:
    return Claims(user_id=UUID(str(token["sub"])), session_id=UUID(str(token["sid"])), token_id=str(token["jti"]))
