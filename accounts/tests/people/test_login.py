"""POST /auth/login: one answer for every wrong pair, and a session for the right one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.services import sessions
from accounts.services.sessions import Device, InvalidCredentials
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/auth/login"


@pytest.mark.parametrize(
    "name",
    [{"username": "tom"}, {"username": "TOM"}, {"email": "Tom@Example.com"}, {"username": "tom@example.com"}],
)
def test_login_takes_name_or_email_in_any_case(
    api: APIClient, tom: User, bearer: Callable[[str], APIClient], name: dict[str, str]
) -> None:
    answer = api.post(LOGIN, {**name, "password": PASSWORD})
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user", "user_context"}
    assert set(body["user_context"]) == {"user_id", "username", "role", "permissions"}
    assert bearer(body["access_token"]).get("/api/v1/auth/me").json()["user_id"] == str(tom.id)


def test_login_stores_the_session_and_its_device(api: APIClient, tom: User) -> None:
    device = {"device_type": "phone", "app": {"build": 7.5}}
    body = {"username": "tom", "password": PASSWORD, "device_info": device}
    answer = api.post(LOGIN, body, headers={"User-Agent": "desk/1"}, REMOTE_ADDR="10.1.2.3")
    session = UserSession.objects.get(user=tom)
    assert session.device_info == device
    assert (session.ip_address, session.user_agent) == ("10.1.2.3", "desk/1")
    assert answer.json()["refresh_token"] not in session.refresh_hash
    assert len(session.refresh_hash) == 64


def test_login_stores_of_a_strange_agent_what_fits(api: APIClient, tom: User) -> None:
    agent = "x\x00" + 500 * "y"
    answer = api.post(LOGIN, {"username": "tom", "password": PASSWORD}, HTTP_USER_AGENT=agent)
    assert answer.status_code == 200
    assert UserSession.objects.get().user_agent == "x" + 399 * "y"


def test_a_stale_token_does_not_bar_the_door(tom: User, bearer: Callable[[str], APIClient]) -> None:
    answer = bearer("stale").post(LOGIN, {"username": "tom", "password": PASSWORD})
    assert answer.status_code == 200


def test_login_updates_last_login(tom: User, now: datetime) -> None:
    user, _ = sessions.log_in(
        RequestFactory().post(LOGIN), name_or_email="tom", password=PASSWORD, device=Device(), now=now
    )
    assert user == tom
    assert User.objects.get().last_login == now


@pytest.mark.usefixtures("tom")
@pytest.mark.parametrize(
    ("name", "password", "active"),
    [("tom", "wrong-Pass-1", True), ("nobody", PASSWORD, True), ("tom", PASSWORD, False)],
    ids=["wrong", "unknown", "inactive"],
)
def test_every_wrong_login_looks_and_costs_the_same(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, name: str, password: str, active: bool
) -> None:
    User.objects.update(is_active=active)
    encode = Mock(side_effect=MD5PasswordHasher().encode)
    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    answer = api.post(LOGIN, {"username": name, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert encode.call_count == 1
    assert not UserSession.objects.exists()


def test_a_user_without_a_password_cannot_log_in(now: datetime) -> None:
    User.objects.create_user("robot", "robot@desk.test")
    with pytest.raises(InvalidCredentials):
        sessions.log_in(RequestFactory().post(LOGIN), name_or_email="robot", password="", device=Device(), now=now)


@pytest.mark.django_db(transaction=True)
def test_the_password_is_checked_outside_a_transaction(
    tom: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "check_password", lambda *_: not connection.in_atomic_block)
    sessions.log_in(RequestFactory().post(LOGIN), name_or_email="tom", password=PASSWORD, device=Device(), now=now)


@pytest.mark.parametrize(
    "body",
    [
        {"password": PASSWORD},
        {"username": "tom"},
        {"username": "tom", "email": "tom@example.com", "password": PASSWORD},
        {"username": "tom", "password": PASSWORD, "otp": "1"},
        {"username": ["tom"], "password": PASSWORD},
        {"username": "tom", "password": PASSWORD, "device_info": "phone"},
        {"username": "tom", "password": PASSWORD, "device_info": {"blob": 3000 * "x"}},
        ["tom", PASSWORD],
    ],
)
def test_login_refuses_a_body_of_the_wrong_form(api: APIClient, tom: User, body: Any) -> None:
    assert api.post(LOGIN, body).status_code == 422
    assert not UserSession.objects.exists()


@pytest.mark.usefixtures("tom")
@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 7.7.7.7", "7.7.7.7"),
        (2, "6.6.6.6, 7.7.7.7", "6.6.6.6"),
        (1, "nonsense", "127.0.0.1"),
        (1, "7.7.7.7:5678", "7.7.7.7"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_address_is_believed_as_far_as_our_proxies_go(
    api: APIClient, settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    api.post(LOGIN, {"username": "tom", "password": PASSWORD}, headers={"X-Forwarded-For": forwarded})
    assert UserSession.objects.get().ip_address == address


def test_a_password_that_changes_while_it_is_checked_opens_nothing(
    tom: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_and_find(*_: Any, **__: Any) -> User:
        User.objects.update(password="another")
        return tom

    monkeypatch.setattr(sessions, "authenticate", change_and_find)
    with pytest.raises(InvalidCredentials):
        sessions.log_in(RequestFactory().post("/"), name_or_email="tom", password=PASSWORD, device=Device(), now=now)
    assert not UserSession.objects.exists()


WRONG = {
    "known": {"username": "tom", "password": "Wrong-pass-1"},
    "known by e-mail": {"username": "tom@example.com", "password": "Wrong-pass-1"},
    "unknown": {"username": "nobody", "password": "Wrong-pass-1"},
    "unknown by e-mail": {"username": "nobody@example.com", "password": "Wrong-pass-1"},
    "inactive": {"username": "vic", "password": "Wrong-pass-1"},
    "inactive, and right": {"username": "vic", "password": PASSWORD},
}


def told_by(api: APIClient, body: dict[str, str]) -> tuple[int, list[str]]:
    """Return the status of a login and the statements it took, by their first words."""
    with CaptureQueriesContext(connection) as asked:
        status = api.post(LOGIN, body).status_code
    return status, [statement["sql"].partition(" ")[0] for statement in asked]


@pytest.mark.usefixtures("tom")
@pytest.mark.parametrize("who", WRONG)
def test_every_login_that_fails_asks_the_database_the_same(api: APIClient, vic: User, who: str) -> None:
    User.objects.filter(pk=vic.pk).update(is_active=False)
    unknown = told_by(api, {"username": "somebody", "password": "Wrong-pass-1"})
    assert (unknown[0], len(unknown[1]) > 0) == (401, True)
    assert told_by(api, WRONG[who]) == unknown
