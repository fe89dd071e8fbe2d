"""POST /auth/refresh: a refresh token is good once; shown twice it ends its session."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.services import sessions
from accounts.services.sessions import Device, open_session
from accounts.tokens import InvalidToken, Tokens, make_tokens

pytestmark = pytest.mark.django_db

REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/auth/me"


def refresh(token: str, *, at: datetime) -> tuple[User, Tokens]:
    """Refresh by a clock that stands still."""
    return sessions.refresh(refresh_token=token, arrived_at=at, clock=lambda: at)


def test_refresh_answers_as_login_does(api: APIClient, tokens: Tokens, bearer: Callable[[str], APIClient]) -> None:
    body = api.post(REFRESH, {"refresh_token": tokens.refresh}).json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user", "user_context"}
    assert body["refresh_token"] != tokens.refresh
    assert bearer(body["access_token"]).get(ME).status_code == 200
    assert api.post(REFRESH, {"refresh_token": body["refresh_token"]}).status_code == 200


def test_refresh_keeps_the_session_and_lengthens_it(tom: User, tokens: Tokens, now: datetime) -> None:
    later = now + timedelta(days=3)
    user, renewed = refresh(tokens.refresh, at=later)
    session = UserSession.objects.get()
    assert user == tom
    assert renewed.session_id == tokens.session_id == session.id
    assert (session.created_at, session.last_seen_at) == (now, later)
    assert session.expires_at == later + timedelta(days=7)


def test_a_refresh_token_used_twice_ends_its_session(
    api: APIClient, tokens: Tokens, bearer: Callable[[str], APIClient]
) -> None:
    renewed = api.post(REFRESH, {"refresh_token": tokens.refresh}).json()
    again = api.post(REFRESH, {"refresh_token": tokens.refresh})
    assert (again.status_code, again.json()["code"]) == (401, "INVALID_TOKEN")
    assert UserSession.objects.get().end_reason == "refresh_reused"
    assert bearer(renewed["access_token"]).get(ME).status_code == 401
    assert api.post(REFRESH, {"refresh_token": renewed["refresh_token"]}).status_code == 401


def test_reuse_leaves_other_sessions_alone(
    tom: User, tokens: Tokens, now: datetime, bearer: Callable[[str], APIClient]
) -> None:
    other = open_session(tom, device=Device(), now=now)
    refresh(tokens.refresh, at=now)
    with pytest.raises(InvalidToken):
        refresh(tokens.refresh, at=now + timedelta(microseconds=1))
    assert UserSession.objects.get(pk=tokens.session_id).end_reason == "refresh_reused"
    assert bearer(other.access).get(ME).status_code == 200


def test_an_access_token_is_no_refresh_token(api: APIClient, tokens: Tokens) -> None:
    assert api.post(REFRESH, {"refresh_token": tokens.access}).status_code == 401
    assert UserSession.objects.get().ended_at is None


def test_an_inactive_user_gets_no_new_tokens(api: APIClient, tokens: Tokens) -> None:
    User.objects.update(is_active=False)
    assert api.post(REFRESH, {"refresh_token": tokens.refresh}).status_code == 401


def test_an_ended_session_gets_no_new_tokens(api: APIClient, tokens: Tokens, now: datetime) -> None:
    UserSession.objects.update(ended_at=now, end_reason="logout")
    assert api.post(REFRESH, {"refresh_token": tokens.refresh}).status_code == 401
    assert UserSession.objects.get().end_reason == "logout"


def test_a_session_that_ends_meanwhile_stays_ended(
    tokens: Tokens, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_and_make(**given: Any) -> Any:
        UserSession.objects.update(ended_at=now, end_reason="logout")
        return make_tokens(**given)

    monkeypatch.setattr(sessions, "make_tokens", end_and_make)
    with pytest.raises(InvalidToken):
        refresh(tokens.refresh, at=now)
    assert UserSession.objects.get().end_reason == "logout"


def test_a_session_left_alone_for_a_week_is_over(tom: User, now: datetime) -> None:
    tokens = open_session(tom, device=Device(), now=now - timedelta(days=7))
    with pytest.raises(InvalidToken):
        refresh(tokens.refresh, at=now)


@pytest.mark.parametrize("body", [{}, {"refresh_token": None}, {"refresh_token": "x", "more": 1}])
def test_refresh_refuses_a_body_of_the_wrong_form(api: APIClient, body: dict[str, Any]) -> None:
    assert api.post(REFRESH, body).status_code == 422


@pytest.mark.parametrize("token", ["x", "a.b.c", "ü.ü.ü", "...."])
def test_refresh_refuses_what_is_no_token(api: APIClient, token: str) -> None:
    assert api.post(REFRESH, {"refresh_token": token}).status_code == 401
