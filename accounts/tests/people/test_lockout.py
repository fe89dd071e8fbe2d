"""Ten wrong passwords lock a name from an address: over the API and on the console's page, for the right one too."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.services.sessions import Device, open_session
from accounts.tasks import forget_failed_logins
from conftest import PASSWORD
from core import limits

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/auth/login"
PAGE = "/admin/login/"
HERE, THERE = "10.0.0.1", "10.0.0.2"
WRONG = "wrong-Pass-1"
LONG_AGO = "2026-01-01T00:00Z"


def knock(name: str, password: str = WRONG, *, at: str = HERE, **headers: str) -> Any:
    body = {"username": name, "password": password}
    return APIClient().post(LOGIN, body, REMOTE_ADDR=at, headers=headers or None)


def knocks(times: int, name: str, *, at: str = HERE) -> list[int]:
    return [knock(name, at=at).status_code for _ in range(times)]


@pytest.fixture
def nobody() -> str:
    """A name that nobody has, and that no test has counted."""
    return f"nobody-{uuid4().hex}"


@pytest.fixture
def fresh() -> str:
    """An address that no test has counted."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


@pytest.mark.usefixtures("tom")
def test_the_tenth_wrong_password_locks() -> None:
    assert knocks(12, "tom") == [401] * 9 + [429] * 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "form", "words"),
    [(LOGIN, {"content_type": "application/json"}, "LOCKED_OUT"), (PAGE, {}, "No login for now")],
)
def test_a_lock_is_told_under_asgi_too(tom: User, path: str, form: dict[str, str], words: str) -> None:
    body = {"username": "tom", "password": WRONG}
    knocks(10, "tom", at="127.0.0.1")
    answer = async_to_sync(AsyncClient().post)(path, body, **form)
    assert (answer.status_code, words in answer.content.decode()) == (429, True)


@pytest.mark.usefixtures("tom")
def test_the_page_of_a_lock_bears_the_desks_name() -> None:
    knocks(10, "tom", at="127.0.0.1")
    html = Client().post(PAGE, {"username": "tom", "password": WRONG}).content.decode()
    assert "<title>Log in later · Trading desk</title>" in html


@pytest.mark.usefixtures("tom")
def test_a_lock_is_told_with_its_seconds() -> None:
    knocks(10, "tom")
    answer = knock("tom")
    assert answer.json()["code"] == "LOCKED_OUT"
    assert 890 <= int(answer["Retry-After"]) <= 900
    assert answer["Retry-After"] in answer.json()["detail"]


@pytest.mark.usefixtures("tom")
def test_the_right_password_is_refused_while_locked() -> None:
    knocks(10, "tom")
    assert knock("tom", PASSWORD).status_code == 429


@pytest.mark.usefixtures("tom")
def test_no_password_is_looked_at_while_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    knocks(10, "tom")
    monkeypatch.setattr(MD5PasswordHasher, "encode", None)
    assert knock("tom", PASSWORD).status_code == 429


def test_an_unknown_name_is_locked_as_a_known_one(nobody: str) -> None:
    assert knocks(11, nobody) == [401] * 9 + [429] * 2


@pytest.mark.usefixtures("tom")
def test_name_and_address_of_a_person_in_any_case_are_one() -> None:
    knocks(5, "tom")
    knocks(4, "TOM@Example.com")
    assert knock("Tom").status_code == 429
    assert AccessAttempt.objects.values_list("username", "failures_since_start").get() == ("tom", 10)


@pytest.mark.usefixtures("tom")
def test_another_address_is_not_locked() -> None:
    knocks(10, "tom")
    assert knock("tom", PASSWORD, at=THERE).status_code == 200


@pytest.mark.usefixtures("tom")
def test_a_spoofed_address_does_not_unlock() -> None:
    knocks(10, "tom")
    assert knock("tom", **{"X-Forwarded-For": "9.9.9.9"}).status_code == 429


@pytest.mark.usefixtures("tom")
def test_a_success_forgets_the_failures() -> None:
    knocks(9, "tom")
    assert knock("tom", PASSWORD).status_code == 200
    assert knocks(9, "tom") == [401] * 9


@pytest.mark.usefixtures("tom")
def test_a_lock_ends_after_its_time_and_the_count_begins_anew() -> None:
    knocks(10, "tom")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15))
    assert knocks(10, "tom") == [401] * 9 + [429]


@pytest.mark.usefixtures("tom")
def test_a_refusal_does_not_make_the_lock_longer() -> None:
    knocks(10, "tom")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert int(knock("tom")["Retry-After"]) <= 60


def test_many_addresses_share_the_tries_of_a_name(nobody: str, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_login": [(5, 900)]}
    answers = [knock(nobody, at=f"10.9.0.{number}") for number in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[5].json()["code"] == "LOCKED_OUT"


def test_tries_of_a_name_from_one_address_do_not_lock_others_out(tom: User, settings: Settings) -> None:
    User.objects.filter(pk=tom.pk).update(username=f"tom-{uuid4().hex}")
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_login": [(20, 900)]}
    knocks(30, "tom@example.com")
    assert knock("tom@example.com", PASSWORD, at=THERE).status_code == 200


@pytest.mark.parametrize("ending", [{}, {"ended_at": LONG_AGO, "end_reason": "logout"}], ids=["live", "ended"])
def test_from_an_address_of_theirs_a_person_passes_the_lock_of_the_name(
    tom: User, settings: Settings, ending: dict[str, Any]
) -> None:
    User.objects.filter(pk=tom.pk).update(username=f"tom-{uuid4().hex}")
    open_session(tom, device=Device(ip_address=HERE), now=timezone.now())
    UserSession.objects.update(**ending)
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_login": [(2, 900)]}
    _ = [knock("tom@example.com", at=f"10.9.0.{number}") for number in range(3)]
    answers = [knock("tom@example.com", PASSWORD, at=at).status_code for at in (THERE, HERE)]
    assert answers == [429, 200]


def test_of_an_ipv6_address_of_theirs_the_network_counts(tom: User, fresh: str, settings: Settings) -> None:
    open_session(tom, device=Device(ip_address=fresh), now=timezone.now())
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_login": [(0, 900)]}
    assert knock("tom", PASSWORD, at=f"{fresh}2").status_code == 200


def test_an_address_of_another_does_not_pass(tom: User, mallory: User, settings: Settings) -> None:
    open_session(mallory, device=Device(ip_address=HERE), now=timezone.now())
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_login": [(0, 900)]}
    assert knock("tom", PASSWORD).status_code == 429


@pytest.mark.usefixtures("tom")
def test_an_address_of_theirs_is_locked_by_its_own_failures(tom: User) -> None:
    open_session(tom, device=Device(ip_address=HERE), now=timezone.now())
    assert knocks(11, "tom") == [401] * 9 + [429] * 2


def test_the_lock_of_a_name_asks_as_much_for_an_unknown_name(tom: User, nobody: str, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_login": [(0, 900)]}
    with CaptureQueriesContext(connection) as of_tom:
        assert knock("tom").status_code == 429
    with CaptureQueriesContext(connection) as of_nobody:
        assert knock(nobody).status_code == 429
    assert len(of_tom) == len(of_nobody)


def test_logins_are_limited_by_address_and_name(nobody: str, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": [(2, 60)]}
    answers = [knock(nobody) for _ in range(3)] + [knock(nobody, at=THERE)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 401]
    assert (answers[2].json()["code"], answers[2].has_header("Retry-After")) == ("RATE_LIMITED", True)
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0", "1"]
    assert AccessAttempt.objects.get(ip_address=HERE).failures_since_start == 2


def test_no_login_while_nobody_can_count(nobody: str, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limits._shared.cache_clear()
    answer = knock(nobody)
    limits._shared.cache_clear()
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "UNAVAILABLE", "3")


def test_registrations_are_limited_by_address(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "registration": [(1, 60)]}
    body = {"email": "new@example.com", "password": PASSWORD}
    at = f"10.8.{uuid4().int % 250}.{uuid4().int % 251}"
    answers = [APIClient().post("/api/v1/auth/register", body, REMOTE_ADDR=at) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]


@pytest.mark.parametrize("page", ["/login", PAGE])
def test_tries_on_a_page_are_limited_by_address_whatever_the_name(fresh: str, settings: Settings, page: str) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "anonymous": [(2, 60)]}
    client = Client(REMOTE_ADDR=fresh)
    answers = [client.post(page, {"username": uuid4().hex, "password": WRONG}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 30 <= int(answers[2]["Retry-After"]) <= 60
    assert AccessAttempt.objects.count() == 2
    assert client.get("/login").status_code == 200


@pytest.mark.usefixtures("tom")
def test_a_try_over_the_api_counts_once_by_address(fresh: str, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "anonymous": [(5, 60)]}
    assert knock("tom", at=fresh)["X-RateLimit-Remaining"] == "4"


@pytest.mark.usefixtures("tom")
def test_who_comes_to_the_console_with_the_right_password_of_no_operator_is_not_locked() -> None:
    assert [on_page("tom", PASSWORD).status_code for _ in range(12)] == [302] * 12
    assert not AccessAttempt.objects.exists()


def test_a_long_path_is_kept_as_far_as_it_fits(nobody: str) -> None:
    authenticate(RequestFactory().post("/" + 300 * "x"), username=nobody, password=WRONG)
    assert len(AccessAttempt.objects.get().path_info) == 255


def on_page(name: str, password: str = WRONG) -> Any:
    return Client(REMOTE_ADDR=HERE).post(PAGE, {"username": name, "password": password})


@pytest.mark.usefixtures("ada")
def test_the_page_locks_in_plain_words() -> None:
    answers = [on_page("ada") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [429] * 2
    assert b"about 15 minutes" in answers[10].content
    assert not re.search(rb"<script|style=|onclick", answers[10].content)
    assert int(answers[10]["Retry-After"]) > 890


@pytest.mark.usefixtures("ada")
def test_page_and_api_count_together() -> None:
    knocks(10, "ada")
    assert on_page("ada", PASSWORD).status_code == 429


@pytest.mark.usefixtures("ada")
def test_a_success_on_the_page_forgets_the_failures() -> None:
    knocks(9, "ada")
    assert on_page("ada", PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


@pytest.mark.usefixtures("ada")
def test_the_page_says_so_while_nobody_can_count(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limits._shared.cache_clear()
    answer = on_page("ada", PASSWORD)
    limits._shared.cache_clear()
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")


@pytest.mark.usefixtures("tom")
def test_no_row_and_no_line_holds_what_was_typed_as_a_password(caplog: pytest.LogCaptureFixture) -> None:
    form = {"username": "tom", "password": "Hush-secret-1", "password2": "Hush-secret-1"}
    Client().post(PAGE + "?pw=Hush-secret-1", form)
    [row] = AccessAttempt.objects.values()
    assert "Hush" not in str(row)
    assert "Hush" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_ten_get_to_a_password(
    tom: User, monkeypatch: pytest.MonkeyPatch, at_once: Callable[..., list[Any]]
) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(User, "check_password", lambda _, password: looked_at.append(password))
    answers: list[Response] = at_once(20, lambda: knock("tom"))
    assert len(looked_at) == 10
    assert {answer.status_code for answer in answers} <= {401, 429}


@pytest.mark.usefixtures("tom")
def test_a_try_whose_row_another_login_took_away_is_taken_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter([lambda *_, **__: [], AccessAttempt.objects.bulk_create])

    def stored(*rows: Any, **how: Any) -> Any:
        return next(steps)(*rows, **how)

    monkeypatch.setattr(AccessAttempt.objects, "bulk_create", stored)
    assert knock("tom", PASSWORD).status_code == 200


def test_an_admin_sees_the_failures_and_unlocks(ada: User) -> None:
    knocks(10, "ada")
    console = Client()
    console.force_login(ada)
    assert b"locked" in console.get("/admin/axes/accessattempt/").content
    row = AccessAttempt.objects.get()
    console.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"})
    assert knock("ada", PASSWORD).status_code == 200


def test_failures_are_forgotten_after_a_week(nobody: str) -> None:
    knock(nobody)
    knock(nobody, at=THERE)
    AccessAttempt.objects.filter(ip_address=HERE).update(attempt_time=timezone.now() - timedelta(days=8))
    assert forget_failed_logins() == 1
    assert AccessAttempt.objects.get().ip_address == THERE
