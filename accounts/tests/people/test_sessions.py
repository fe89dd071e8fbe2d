"""GET /auth/sessions, POST /auth/sessions/{id}/terminate: where one is logged in, and putting a device out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.services.sessions import Device, open_session, purge_sessions
from accounts.tasks import forget_sessions
from accounts.tokens import Tokens
from conftest import PASSWORD
from core.tests.asking import say_yes

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/auth/sessions"
ME = "/api/v1/auth/me"
PHONE = Device(ip_address="10.1.2.3", user_agent="phone/1", info={"device_type": "phone", "ip_address": "6.6.6.6"})
Knock = Callable[[str], APIClient]


def ending(session_id: object) -> str:
    return f"{SESSIONS}/{session_id}/terminate"


@pytest.fixture
def phone(tom: User, now: datetime) -> Tokens:
    """Tom's other device, logged in an hour ago."""
    return open_session(tom, device=PHONE, now=now - timedelta(hours=1))


def test_ones_own_live_sessions_are_listed_newest_first(
    tokens: Tokens, phone: Tokens, mallory: User, now: datetime, bearer: Knock
) -> None:
    open_session(mallory, device=Device(), now=now)
    body = bearer(tokens.access).get(SESSIONS).json()
    assert (body["success"], body["message"], set(body["data"])) == (
        True,
        "Active sessions retrieved",
        {"sessions", "timestamp"},
    )
    rows = body["data"]["sessions"]
    assert [row["session_id"] for row in rows] == [str(tokens.session_id), str(phone.session_id)]
    assert [row["current"] for row in rows] == [True, False]


def test_a_session_tells_of_its_device_what_the_server_saw(tokens: Tokens, phone: Tokens, bearer: Knock) -> None:
    row = bearer(tokens.access).get(SESSIONS).json()["data"]["sessions"][1]
    assert set(row) == {"session_id", "created_at", "last_seen_at", "expires_at", "current", "device_info"}
    assert row["device_info"] == {"device_type": "phone", "ip_address": "10.1.2.3", "user_agent": "phone/1"}


@pytest.mark.parametrize(
    "over", [{"ended_at": "2026-01-01T00:00Z", "end_reason": "logout"}, {"expires_at": "2026-01-01T00:00Z"}]
)
def test_a_session_that_is_over_is_not_listed(
    tokens: Tokens, phone: Tokens, bearer: Knock, over: dict[str, str]
) -> None:
    UserSession.objects.filter(pk=phone.session_id).update(**over)
    rows = bearer(tokens.access).get(SESSIONS).json()["data"]["sessions"]
    assert [row["session_id"] for row in rows] == [str(tokens.session_id)]


def test_the_list_costs_two_queries_however_long(
    tom: User, tokens: Tokens, now: datetime, bearer: Knock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _ = [open_session(tom, device=Device(), now=now) for _ in range(5)]
    with django_assert_num_queries(2):
        assert len(bearer(tokens.access).get(SESSIONS).json()["data"]["sessions"]) == 6


def test_a_device_that_is_put_out_is_out_at_once(tokens: Tokens, phone: Tokens, bearer: Knock) -> None:
    answer = bearer(tokens.access).post(ending(phone.session_id))
    assert (answer.status_code, answer.json()["message"]) == (200, "Session terminated successfully")
    assert bearer(phone.access).get(ME).status_code == 401
    assert APIClient().post("/api/v1/auth/refresh", {"refresh_token": phone.refresh}).status_code == 401
    assert bearer(tokens.access).get(ME).status_code == 200
    assert UserSession.objects.get(pk=phone.session_id).end_reason == "terminated"


def test_one_may_put_oneself_out(tokens: Tokens, bearer: Knock) -> None:
    assert bearer(tokens.access).post(ending(tokens.session_id)).status_code == 200
    assert bearer(tokens.access).get(ME).status_code == 401


def test_a_stranger_ends_nobodys_session(tokens: Tokens, mallory: User, client_of: Callable[[User], APIClient]) -> None:
    assert client_of(mallory).post(ending(tokens.session_id)).status_code == 404
    assert UserSession.objects.get(pk=tokens.session_id).ended_at is None


def test_an_admin_ends_anybodys_session(tokens: Tokens, ada: User, client_of: Callable[[User], APIClient]) -> None:
    assert client_of(ada).post(ending(tokens.session_id)).status_code == 200
    assert UserSession.objects.get(pk=tokens.session_id).end_reason == "terminated"


def test_an_admin_lists_their_own_only(tokens: Tokens, ada: User, client_of: Callable[[User], APIClient]) -> None:
    assert len(client_of(ada).get(SESSIONS).json()["data"]["sessions"]) == 1


def test_what_is_over_cannot_be_ended_again(tokens: Tokens, phone: Tokens, bearer: Knock) -> None:
    UserSession.objects.filter(pk=phone.session_id).update(ended_at="2026-01-01T00:00Z", end_reason="logout")
    assert bearer(tokens.access).post(ending(phone.session_id)).status_code == 404
    assert UserSession.objects.get(pk=phone.session_id).end_reason == "logout"


@pytest.mark.parametrize("session_id", [uuid4(), "1"])
def test_a_session_that_is_none_is_404(tokens: Tokens, bearer: Knock, session_id: object) -> None:
    assert bearer(tokens.access).post(ending(session_id)).status_code == 404


def test_sessions_need_a_token(api: APIClient, tokens: Tokens) -> None:
    assert api.get(SESSIONS).status_code == 401
    assert api.post(ending(tokens.session_id)).status_code == 401


def test_the_console_ends_the_sessions_that_are_chosen(
    client: Client, ada: User, tokens: Tokens, phone: Tokens, bearer: Knock
) -> None:
    client.force_login(ada)
    chosen = {"action": "end_these", "_selected_action": [str(phone.session_id)]}
    page = say_yes(client, reverse("admin:accounts_usersession_changelist"), chosen)
    assert "1 session(s) ended." in page.content.decode()
    assert bearer(phone.access).get(ME).status_code == 401
    assert bearer(tokens.access).get(ME).status_code == 200
    assert LogEntry.objects.values_list("user", "object_id").get() == (ada.pk, str(phone.session_id))


def test_who_may_only_see_sessions_ends_none(vic: User, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = vic
    assert "end_these" not in admin.site._registry[UserSession].get_actions(request)


@pytest.fixture
def log_in(api: APIClient, tom: User) -> Callable[..., str]:
    """Log tom in over the API; returns the access token."""

    def knock(**body: object) -> str:
        return str(
            api.post("/api/v1/auth/login", {"username": "tom", "password": PASSWORD, **body}).json()["access_token"]
        )

    return knock


SAME_DEVICES = [
    ({"device_type": "phone"}, {"device_type": "phone"}),
    ({"device_type": "phone", "app": {"a": 1, "b": 7.5}}, {"app": {"b": 7.5, "a": 1}, "device_type": "phone"}),
]
OTHER_DEVICES = [({"device_type": "phone"}, {"device_type": "tv"}), ({}, {}), ({}, {"device_type": "phone"})]


@pytest.mark.parametrize(("first", "second"), SAME_DEVICES)
def test_a_login_takes_the_place_of_that_of_the_same_device(
    log_in: Callable[..., str], bearer: Knock, first: dict[str, object], second: dict[str, object]
) -> None:
    tokens = [log_in(device_info=info) for info in (first, second)]
    assert [bearer(token).get(ME).status_code for token in tokens] == [401, 200]
    assert sorted(UserSession.objects.values_list("end_reason", flat=True)) == ["", "replaced"]


@pytest.mark.parametrize(("first", "second"), OTHER_DEVICES)
def test_sessions_of_other_devices_stand_side_by_side(
    log_in: Callable[..., str], bearer: Knock, first: dict[str, object], second: dict[str, object]
) -> None:
    tokens = [log_in(device_info=info) for info in (first, second)]
    assert [bearer(token).get(ME).status_code for token in tokens] == [200, 200]


@pytest.mark.usefixtures("phone")
def test_a_device_of_another_person_and_a_page_stand(mallory: User, now: datetime, client: Client) -> None:
    client.force_login(mallory)
    open_session(mallory, device=PHONE, now=now)
    assert UserSession.objects.filter(ended_at=None).count() == 3


def test_what_was_over_already_is_not_replaced(phone: Tokens, tom: User, now: datetime) -> None:
    UserSession.objects.update(ended_at=now, end_reason="logout")
    open_session(tom, device=PHONE, now=now)
    assert UserSession.objects.get(pk=phone.session_id).end_reason == "logout"


@pytest.mark.django_db(transaction=True)
def test_of_logins_of_one_device_at_once_one_stands(
    log_in: Callable[..., str], at_once: Callable[..., list[str]]
) -> None:
    at_once(4, lambda: log_in(device_info={"device_type": "phone"}))
    assert sorted(UserSession.objects.values_list("end_reason", flat=True)) == ["", *["replaced"] * 3]


@pytest.mark.parametrize("over", ["ended_at", "expires_at"])
def test_sessions_that_were_over_for_long_are_forgotten(tom: User, now: datetime, over: str) -> None:
    days_over = [91, 89, 91, 91]
    made = [open_session(tom, device=Device(), now=now).session_id for _ in days_over]
    reason = {"ended_at": "logout", "expires_at": ""}[over]
    _ = [
        UserSession.objects.filter(pk=pk).update(**{over: now - timedelta(days=days), "end_reason": reason})
        for pk, days in zip(made, days_over, strict=True)
    ]
    assert purge_sessions(now, batch=2) == 3
    assert UserSession.objects.get().pk == made[1]


def test_live_sessions_are_kept_by_the_task(tokens: Tokens) -> None:
    assert forget_sessions() == 0
    assert UserSession.objects.filter(pk=tokens.session_id).exists()
