"""POST /auth/password/change, and every other way to another password: sessions begun with the old one end."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.signals import user_login_failed
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.services import passwords
from accounts.services.passwords import WrongPassword, change_password
from accounts.services.sessions import Device, open_session
from accounts.tokens import Tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

CHANGE = "/api/v1/auth/password/change"
ME = "/api/v1/auth/me"
NEW = "New-Trees-88"
Knock = Callable[[str], APIClient]


def ask(client: APIClient, **changed: Any) -> Any:
    return client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW, **changed})


@pytest.fixture
def phone(tom: User, now: datetime) -> Tokens:
    """Tom's other device."""
    return open_session(tom, device=Device(), now=now)


@pytest.fixture
def console(client: Client, ada: User) -> Client:
    """The console, with ada logged in."""
    client.force_login(ada)
    return client


def test_the_password_is_another_one_then(tom: User, tokens: Tokens, bearer: Knock) -> None:
    answer = ask(bearer(tokens.access))
    assert (answer.status_code, set(answer.json())) == (200, {"success", "message", "data"})
    assert answer.json()["data"]["timestamp"].endswith("Z")
    assert User.objects.get().check_password(NEW)


def test_this_session_stays_and_every_other_ends(tokens: Tokens, phone: Tokens, api: APIClient, bearer: Knock) -> None:
    ask(bearer(tokens.access))
    assert bearer(tokens.access).get(ME).status_code == 200
    assert bearer(phone.access).get(ME).status_code == 401
    assert api.post("/api/v1/auth/refresh", {"refresh_token": phone.refresh}).status_code == 401
    assert api.post("/api/v1/auth/refresh", {"refresh_token": tokens.refresh}).status_code == 200
    assert UserSession.objects.get(pk=phone.session_id).end_reason == "password_changed"


def test_sessions_of_others_stay(tokens: Tokens, mallory: User, now: datetime, bearer: Knock) -> None:
    other = open_session(mallory, device=Device(), now=now)
    ask(bearer(tokens.access))
    assert bearer(other.access).get(ME).status_code == 200


def test_a_wrong_current_password_changes_nothing(tokens: Tokens, phone: Tokens, bearer: Knock) -> None:
    answer = ask(bearer(tokens.access), current_password="Wrong-horse-7")
    assert (answer.status_code, answer.json()["code"]) == (422, "WRONG_PASSWORD")
    assert set(answer.json()["errors"]) == {"current_password"}
    assert User.objects.get().check_password(PASSWORD)
    assert bearer(phone.access).get(ME).status_code == 200


def test_a_wrong_current_password_is_a_failed_login(tokens: Tokens, bearer: Knock) -> None:
    heard = Mock()
    user_login_failed.connect(heard)
    ask(bearer(tokens.access), current_password="Wrong-horse-7")
    assert heard.call_args.kwargs["credentials"]["username"] == "tom"


@pytest.mark.parametrize("weak", ["Sh0rt", "password123", "alllower1", "NoDigitsAtAll"])
def test_a_weak_password_is_refused(tokens: Tokens, bearer: Knock, weak: str) -> None:
    answer = ask(bearer(tokens.access), new_password=weak)
    assert (answer.status_code, answer.json()["code"]) == (422, "WEAK_PASSWORD")
    assert set(answer.json()["errors"]) == {"new_password"}
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("changed", [{"new_password": None}, {"new_password": 129 * "Aa1"}, {"role": "admin"}])
def test_a_body_of_the_wrong_form_is_refused(tokens: Tokens, bearer: Knock, changed: dict[str, Any]) -> None:
    assert ask(bearer(tokens.access), **changed).status_code == 422


def test_who_is_not_logged_in_changes_nothing(api: APIClient, tom: User) -> None:
    assert ask(api).status_code == 401


def test_a_password_that_changes_meanwhile_is_not_written_over(
    tokens: Tokens, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset_and_hash(*_: Any) -> str:
        User.objects.update(password="somebody else's")
        return "mine"

    monkeypatch.setattr(passwords, "hashed_password", reset_and_hash)
    session = UserSession.objects.select_related("user").get()
    with pytest.raises(WrongPassword):
        change_password(HttpRequest(), session, current_password=PASSWORD, new_password=NEW, now=now)
    assert User.objects.get().password == "somebody else's"


def test_the_console_ends_all_sessions_with_a_new_password(
    client: Client, ada: User, tom: User, tokens: Tokens, bearer: Knock
) -> None:
    client.force_login(ada)
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    client.post(reverse("admin:auth_user_password_change", args=[tom.pk]), form)
    assert bearer(tokens.access).get(ME).status_code == 401


def test_the_console_ends_all_sessions_when_it_takes_the_password_away(
    client: Client, ada: User, tom: User, tokens: Tokens, bearer: Knock
) -> None:
    client.force_login(ada)
    form = {"password1": "", "password2": "", "usable_password": "false", "unset-password": "1"}
    client.post(reverse("admin:auth_user_password_change", args=[tom.pk]), form)
    assert not User.objects.get(pk=tom.pk).has_usable_password()
    assert bearer(tokens.access).get(ME).status_code == 401


def change_own(client: Client, **changed: str) -> Any:
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    return client.post(reverse("admin:password_change"), {**form, **changed})


def test_ones_own_new_password_at_the_console_ends_every_other_session(
    console: Client, ada: User, now: datetime, bearer: Knock
) -> None:
    other = open_session(ada, device=Device(), now=now)
    assert console.get(reverse("admin:password_change")).status_code == 200
    assert change_own(console)["Location"] == reverse("admin:password_change_done")
    assert User.objects.get().check_password(NEW)
    assert (console.get(ME).status_code, bearer(other.access).get(ME).status_code) == (200, 401)


def test_a_wrong_old_password_at_the_console_is_a_failed_login(console: Client) -> None:
    answers = [change_own(console, old_password="Wrong-horse-7") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [429] * 2
    assert "entered incorrectly" in answers[0].content.decode()
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    "wrong", [{"new_password2": "Other-Trees-88"}, {"new_password1": "weak", "new_password2": "weak"}]
)
def test_a_new_password_at_the_console_that_will_not_do_is_refused(console: Client, wrong: dict[str, str]) -> None:
    assert change_own(console, **wrong).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


def test_only_admins_change_their_password_at_the_console(client: Client, tom: User) -> None:
    client.force_login(tom)
    assert change_own(client)["Location"].startswith(reverse("admin:login"))
    assert User.objects.get().check_password(PASSWORD)


def test_the_command_ends_all_sessions(tokens: Tokens, bearer: Knock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda **_: NEW)
    call_command("changepassword", "tom")
    assert User.objects.get().check_password(NEW)
    assert bearer(tokens.access).get(ME).status_code == 401


def test_a_rehash_ends_nothing(tom: User, tokens: Tokens, bearer: Knock, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tom.password
    monkeypatch.setattr(MD5PasswordHasher, "must_update", lambda *_: True)
    assert User.objects.get().check_password(PASSWORD)
    assert User.objects.get().password != before
    assert bearer(tokens.access).get(ME).status_code == 200
