"""/login and /logout, and what a page's cookie is good for: a session of ours, as live as its row."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Role, User, UserSession
from accounts.tokens import Tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
LOGOUT = "/api/v1/auth/logout"


@pytest.fixture
def browser(tom: User) -> Client:
    """Tom's browser, logged in on the pages; it shows CSRF tokens where a test does."""
    client = Client(enforce_csrf_checks=True, headers={"User-Agent": "browser/1"})
    client.force_login(tom)
    return client


def log_in(client: Client, **form: str) -> Any:
    return client.post("/login", {"username": "tom", "password": PASSWORD, **form})


def csrf_of(client: Client) -> str:
    client.get("/login")
    return client.cookies["csrftoken"].value


def test_logging_in_opens_a_session_of_the_device(client: Client, tom: User) -> None:
    answer = client.post("/login", {"username": "Tom@Example.com", "password": PASSWORD}, HTTP_USER_AGENT="browser/1")
    session = UserSession.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert (session.user, session.user_agent, session.ip_address) == (tom, "browser/1", "127.0.0.1")
    assert (session.expires_at - session.created_at).days == 7
    assert client.cookies["sessionid"]["max-age"] == 7 * 24 * 3600


def test_a_wrong_password_opens_nothing(client: Client, tom: User) -> None:
    answer = log_in(client, password="Wrong-horse-7")
    assert "correct" in answer.content.decode()
    assert not UserSession.objects.exists()


def test_who_is_shut_out_does_not_enter(client: Client, tom: User) -> None:
    User.objects.update(is_active=False)
    assert log_in(client).status_code == 200
    assert not UserSession.objects.exists()


@pytest.mark.parametrize(
    ("asked", "landed"),
    [("/admin/", "/admin/"), ("/login", "/login"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_one_is_sent_on_to_this_desk_only(client: Client, tom: User, asked: str, landed: str) -> None:
    assert log_in(client, next=asked)["Location"] == landed


def test_the_page_has_no_script_and_no_style_of_its_own(client: Client) -> None:
    text = client.get("/login").content.decode()
    assert "csrfmiddlewaretoken" in text
    assert not [word for word in ("<script", "<style", " style=", " onclick=", "http://", "https://") if word in text]


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_no_form_is_taken_without_its_csrf_token(browser: Client, path: str) -> None:
    assert browser.post(path, {"username": "tom", "password": PASSWORD}).status_code == 403
    assert UserSession.objects.get().ended_at is None


def test_logging_out_ends_the_session(browser: Client) -> None:
    answer = browser.post("/logout", {"csrfmiddlewaretoken": csrf_of(browser)})
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    assert UserSession.objects.get().end_reason == "logout"
    assert browser.get(ME).status_code == 401


def test_a_link_does_not_log_out(browser: Client) -> None:
    assert browser.get("/logout").status_code == 405
    assert browser.get(ME).status_code == 200


def test_the_console_logs_in_and_out_by_rows_too(client: Client, ada: User) -> None:
    client.post(reverse("admin:login"), {"username": "ada", "password": PASSWORD, "next": "/admin/"})
    assert UserSession.objects.get().ended_at is None
    client.post(reverse("admin:logout"))
    assert UserSession.objects.get().end_reason == "logout"


@pytest.mark.parametrize("name", ["ada", "olga"])
def test_logging_in_at_the_console_again_ends_the_former_session(client: Client, ada: User, name: str) -> None:
    User.objects.create_user("olga", "olga@desk.test", PASSWORD, role=Role.ADMIN)
    form = {"password": PASSWORD, "next": "/admin/"}
    _ = [client.post(reverse("admin:login"), {**form, "username": username}) for username in ("ada", name)]
    assert sorted(UserSession.objects.values_list("end_reason", flat=True)) == ["", "logout"]
    assert UserSession.objects.get(ended_at=None).user.username == name


@pytest.mark.parametrize("name", ["tom", "mallory"])
def test_a_browser_has_one_session(client: Client, tom: User, mallory: User, name: str) -> None:
    _ = [log_in(client), log_in(client, username=name)]
    assert sorted(UserSession.objects.values_list("end_reason", flat=True)) == ["", "logout"]
    assert UserSession.objects.get(ended_at=None).user.username == name


def test_a_cookie_request_costs_as_much_as_one_with_a_token(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # the session with its user; the role's permissions
        assert browser.get(ME).json()["username"] == "tom"


def test_a_page_costs_its_session(browser: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert "logged in as tom" in browser.get("/login").content.decode()


def test_a_cookie_writes_with_its_csrf_token_only(browser: Client) -> None:
    refused = browser.post(LOGOUT)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
    headers = {"X-CSRFToken": csrf_of(browser)}
    assert browser.post(LOGOUT, content_type="application/json", headers=headers).status_code == 200
    assert browser.get(ME).status_code == 401


def test_a_bearer_token_needs_no_csrf_token(tokens: Tokens) -> None:
    client = APIClient(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {tokens.access}"})
    assert client.post(LOGOUT).status_code == 200


def test_a_bearer_token_wins_over_the_cookie(
    browser: Client, mallory: User, client_of: Callable[[User], APIClient]
) -> None:
    header = client_of(mallory)._credentials["HTTP_AUTHORIZATION"]
    assert browser.get(ME, headers={"Authorization": header}).json()["username"] == "mallory"


def test_a_bad_bearer_token_is_not_made_good_by_the_cookie(browser: Client) -> None:
    assert browser.get(ME, headers={"Authorization": "Bearer x"}).status_code == 401


def test_the_session_of_a_page_is_listed_as_the_current_one(browser: Client) -> None:
    [row] = browser.get("/api/v1/auth/sessions").json()["data"]["sessions"]
    assert (row["current"], row["session_id"]) == (True, str(UserSession.objects.get().pk))


def test_changing_the_password_by_cookie_keeps_the_page(browser: Client) -> None:
    body = {"current_password": PASSWORD, "new_password": "New-Trees-88"}
    address, headers = "/api/v1/auth/password/change", {"X-CSRFToken": csrf_of(browser)}
    assert browser.post(address, body, content_type="application/json", headers=headers).status_code == 200
    assert browser.get(ME).status_code == 200


def test_a_page_whose_session_is_over_is_anonymous_and_forgets_its_cookie(browser: Client) -> None:
    UserSession.objects.update(ended_at="2026-01-01T00:00Z", end_reason="terminated")
    answer = browser.get("/login")
    assert "logged in as" not in answer.content.decode()
    assert answer.cookies["sessionid"].value == ""


def test_a_cookie_without_a_session_of_ours_is_nobodys(browser: Client) -> None:
    UserSession.objects.all().delete()
    answer = browser.get(ME)
    assert (answer.status_code, answer.cookies["sessionid"].value) == (401, "")


def test_a_session_of_someone_else_is_nobodys(browser: Client, mallory: User) -> None:
    UserSession.objects.update(user=mallory)
    assert browser.get(ME).status_code == 401


def test_a_password_that_changed_since_it_was_checked_opens_no_page(client: Client, tom: User) -> None:
    User.objects.update(password="another")
    client.force_login(tom)
    assert not UserSession.objects.exists()
    assert client.get(ME).status_code == 401


def test_a_request_without_a_cookie_does_not_look_for_one(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = api.get(ME)
    assert "Cookie" not in answer.get("Vary", "")


def test_a_cookie_from_before_the_logout_is_nobodys(browser: Client) -> None:
    cookie = browser.cookies["sessionid"].value
    browser.post("/logout", {"csrfmiddlewaretoken": csrf_of(browser)})
    browser.cookies["sessionid"] = cookie
    assert browser.get(ME).status_code == 401


def test_a_cookie_that_was_changed_is_nobodys(browser: Client) -> None:
    browser.cookies["sessionid"] = browser.cookies["sessionid"].value.replace(":", "x:", 1)
    assert browser.get(ME).status_code == 401


def test_the_cookie_names_a_session_and_nothing_else(browser: Client) -> None:
    assert set(browser.session.keys()) == {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "user_session"}
