"""What a person sees of themselves, and the way out."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from accounts.figures import Figures
from accounts.models import TradingAccount, User, UserSession
from accounts.models.sessions import EndReason
from accounts.selectors import people
from accounts.services import sessions
from accounts.services.ledger import withdraw
from accounts.services.sessions import Device, open_session
from accounts.tokens import Tokens

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
LOGOUT = "/api/v1/auth/logout"
USER_FIELDS = {"id", "username", "email", "full_name", "role", "is_active", "created_at", "last_login"}
Knock = Callable[[str], APIClient]


def test_logout_stops_the_access_token_at_once(tokens: Tokens, bearer: Knock) -> None:
    client = bearer(tokens.access)
    answer = client.post(LOGOUT)
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert answer.json()["message"] == "Successfully logged out"
    assert answer.json()["data"]["timestamp"].endswith("Z")
    assert client.get(ME).status_code == client.post(LOGOUT).status_code == 401
    assert UserSession.objects.get().end_reason == "logout"


def test_logout_stops_the_refresh_token(tokens: Tokens, api: APIClient, bearer: Knock) -> None:
    bearer(tokens.access).post(LOGOUT)
    assert api.post("/api/v1/auth/refresh", {"refresh_token": tokens.refresh}).status_code == 401


def test_logout_leaves_the_other_device_in(tom: User, tokens: Tokens, now: datetime, bearer: Knock) -> None:
    other = open_session(tom, device=Device(), now=now)
    bearer(tokens.access).post(LOGOUT)
    assert bearer(other.access).get(ME).status_code == 200


def test_logout_needs_a_token(api: APIClient, tokens: Tokens) -> None:
    assert api.post(LOGOUT).status_code == 401
    assert UserSession.objects.get().ended_at is None


def test_a_session_ends_once(tokens: Tokens, now: datetime) -> None:
    session = UserSession.objects.get()
    assert sessions.end_session(session, reason=EndReason.TERMINATED, now=now)
    assert not sessions.end_session(session, reason=EndReason.LOGOUT, now=now)
    assert UserSession.objects.get().end_reason == "terminated"


def test_me_tells_who_and_what_may(tom: User, tokens: Tokens, bearer: Knock) -> None:
    body = bearer(tokens.access).get(ME).json()
    assert set(body) == USER_FIELDS | {"user_id", "permissions"}
    assert body["user_id"] == body["id"] == str(tom.id)
    assert "accounts.change_tradingaccount" in body["permissions"]
    assert body["permissions"] == sorted(body["permissions"])
    assert body["created_at"].endswith("Z")


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/auth/profile"])
def test_the_profile_shows_balance_and_preferences(
    paper: TradingAccount, tokens: Tokens, bearer: Knock, path: str
) -> None:
    User.objects.update(preferences={"theme": "dark"})
    body = bearer(tokens.access).get(path).json()
    assert set(body) == USER_FIELDS | {"balance", "preferences"}
    assert (body["balance"], body["preferences"]) == ("10000", {"theme": "dark"})


def test_the_balance_is_what_is_there_now(paper: TradingAccount, tokens: Tokens, now: datetime, bearer: Knock) -> None:
    withdraw(paper.id, amount=Decimal(1), reference="rent", now=now)
    assert bearer(tokens.access).get("/api/v1/users/me").json()["balance"] == "9999"


def test_the_balance_is_what_may_be_spent(
    paper: TradingAccount, tokens: Tokens, bearer: Knock, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = Figures(balance=Decimal(10), equity=Decimal(9), margin_used=Decimal(2))
    monkeypatch.setattr(people, "figures_of", lambda accounts, now: {paper.id: figures})
    assert bearer(tokens.access).get("/api/v1/users/me").json()["balance"] == "7"


def test_without_a_default_account_there_is_no_balance(paper: TradingAccount, tokens: Tokens, bearer: Knock) -> None:
    TradingAccount.objects.update(exchange="fake")
    assert bearer(tokens.access).get("/api/v1/users/me").json()["balance"] is None


@pytest.mark.parametrize("path", [ME, "/api/v1/auth/profile", "/api/v1/users/me"])
def test_a_stranger_has_no_profile(api: APIClient, path: str) -> None:
    assert api.get(path).status_code == 401
