"""The pages for a forgotten password: the same row, limits and answers as the API's door."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import PasswordResetRequest, User, UserSession
from accounts.services.password_resets import reset_token
from accounts.tokens import Tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

ASK = "/password/reset"
COMPLETE = f"{ASK}/complete"
NEW = "New-Trees-88"


def test_who_asks_is_told_the_same_whoever_has_the_address(client: Client, tom: User) -> None:
    known, unknown = client.post(ASK, {"email": "Tom@Example.com"}), client.post(ASK, {"email": "no@desk.test"})
    assert known.content == unknown.content
    assert set(PasswordResetRequest.objects.values_list("email", flat=True)) == {"tom@example.com", "no@desk.test"}


def test_what_is_no_address_is_not_stored(client: Client) -> None:
    assert "valid email" in client.post(ASK, {"email": "tom"}).content.decode()
    assert not PasswordResetRequest.objects.exists()


def test_asking_on_the_page_and_over_the_api_counts_together(client: Client, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "password_reset": [(2, 60)]}
    form = {"email": "page-and-api@desk.test"}
    over_the_api = client.post(f"/api/v1/auth{ASK}", form, content_type="application/json")
    answers = [over_the_api, client.post(ASK, form), client.post(ASK, form)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) >= 59


def test_the_token_sets_the_password_and_ends_every_session(client: Client, tom: User, tokens: Tokens) -> None:
    answer = client.post(COMPLETE, {"token": f" {reset_token(tom)} ", "new_password": NEW})
    assert "The password is set" in answer.content.decode()
    assert UserSession.objects.get().end_reason == "password_changed"
    assert client.post("/login", {"username": "tom", "password": NEW}).status_code == 302


@pytest.mark.parametrize(("token", "new"), [("", "Shrt-1"), ("x-y", NEW)])
def test_a_weak_password_or_a_wrong_token_changes_nothing(client: Client, tom: User, token: str, new: str) -> None:
    shown = token or reset_token(tom)
    page = client.post(COMPLETE, {"token": shown, "new_password": new}).content.decode()
    assert 'role="alert"' in page
    assert [secret for secret in (shown, new) if secret in page] == []
    assert client.post("/login", {"username": "tom", "password": PASSWORD}).status_code == 302


def test_guesses_of_a_token_are_limited_by_address(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "anonymous": [(2, 60)]}
    client = Client(REMOTE_ADDR="10.9.8.7")
    answers = [client.post(COMPLETE, {"token": "x-y", "new_password": NEW}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


@pytest.mark.parametrize("path", [ASK, COMPLETE])
def test_no_form_is_taken_without_its_csrf_token(path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(path, {"email": "tom@example.com"}).status_code == 403


def test_the_console_sends_everybody_to_the_one_login_page(client: Client) -> None:
    answer = client.get("/admin/bots/bot/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login?next=%2Fadmin%2Fbots%2Fbot%2F"


def test_the_console_sends_nobody_to_another_site(client: Client) -> None:
    assert client.get("/admin/login/?next=https://evil.example/")["Location"] == "/login?next=%2Fadmin%2F"
