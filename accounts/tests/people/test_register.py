"""POST /auth/register and /auth/signup: a person, their paper account and a session, or nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from accounts.models import TradingAccount, User, UserSession
from accounts.services import registration, trading_accounts
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

NINA = {"email": "Nina@Desk.test", "password": PASSWORD, "username": "Nina", "full_name": "Nina N."}


def refused(answer: Any, status: int, field: str) -> bool:
    return answer.status_code == status and field in answer.json()["errors"] and not User.objects.exists()


def test_register_answers_tokens_that_work(api: APIClient, bearer: Callable[[str], APIClient]) -> None:
    answer = api.post("/api/v1/auth/register", NINA)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert body["user"]["username"] == "nina"
    assert body["user"]["email"] == "nina@desk.test"
    assert body["user_context"]["role"] == "trader"
    assert body["user_context"]["user_id"] == body["user"]["id"]
    assert bearer(body["access_token"]).get("/api/v1/auth/me").status_code == 200


def test_signup_is_the_same_door(api: APIClient) -> None:
    answer = api.post("/api/v1/auth/signup", {"email": "Nina@Desk.test", "password": PASSWORD})
    assert answer.status_code == 201
    assert answer.json()["user"]["username"] == "nina@desk.test"


def test_register_opens_the_default_paper_account(api: APIClient) -> None:
    api.post("/api/v1/auth/register", NINA)
    account = TradingAccount.objects.get(owner__username="nina")
    assert account.exchange == "paper"
    assert account.currency == "USDT"
    assert account.balance == 10_000
    assert account.transfers.count() == 1


@pytest.mark.parametrize(("typed", "status"), [(f" {PASSWORD} ", 200), (PASSWORD, 401)])
def test_spaces_belong_to_the_password(api: APIClient, typed: str, status: int) -> None:
    api.post("/api/v1/auth/register", {**NINA, "password": f" {PASSWORD} "})
    assert api.post("/api/v1/auth/login", {"username": "nina", "password": typed}).status_code == status


@pytest.mark.parametrize("password", ["Ab1defg", "lowercase-7-only", "UPPERCASE-7-ONLY", "No-Digits-Here", "Password1"])
def test_register_refuses_a_weak_password(api: APIClient, password: str) -> None:
    answer = api.post("/api/v1/auth/register", {**NINA, "password": password})
    assert refused(answer, 422, "password")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nina"),
        ("email", "nina@dësk.test"),
        ("username", "two words"),
        ("username", "victor@desk.test"),
        ("username", ""),
        ("username", "ñina"),
        ("role", "admin"),
        ("is_staff", True),
        ("full_name", 151 * "n"),
        ("password", 129 * "aA1"),
    ],
)
def test_register_refuses_a_wrong_field(api: APIClient, field: str, value: object) -> None:
    assert refused(api.post("/api/v1/auth/register", {**NINA, field: value}), 422, field)


@pytest.mark.parametrize("field", ["email", "password"])
def test_register_asks_for_what_it_needs(api: APIClient, field: str) -> None:
    body = {name: value for name, value in NINA.items() if name != field}
    assert refused(api.post("/api/v1/auth/register", body), 422, field)


@pytest.mark.parametrize("escape", [b"\\u0000", b"\\ud800"])
@pytest.mark.parametrize("field", ["email", "password", "username", "full_name"])
def test_register_refuses_text_that_no_database_takes(api: APIClient, field: str, escape: bytes) -> None:
    body = b'{"email": "n@desk.test", "password": "Tall-Trees-7", "%s": "n%s"}' % (field.encode(), escape)
    answer = api.post("/api/v1/auth/register", body, content_type="application/json")
    assert answer.status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("username", "email", "fields"),
    [
        ("TOM", "other@desk.test", {"username"}),
        ("other", "TOM@example.com", {"email"}),
        ("tom", "tom@example.com", {"username", "email"}),
    ],
)
def test_a_taken_name_is_a_conflict(api: APIClient, tom: User, username: str, email: str, fields: set[str]) -> None:
    answer = api.post("/api/v1/auth/register", {**NINA, "username": username, "email": email})
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_TAKEN")
    assert set(answer.json()["errors"]) == fields
    assert User.objects.count() == 1
    assert not UserSession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_one_address_one_is_registered(at_once: Callable[..., list[Any]]) -> None:
    answers = at_once(2, lambda: APIClient().post("/api/v1/auth/register", NINA).status_code)
    assert sorted(answers) == [201, 409]
    assert User.objects.count() == TradingAccount.objects.count() == UserSession.objects.count() == 1


def test_no_user_without_an_account(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise IntegrityError("the books are shut")

    monkeypatch.setattr(trading_accounts, "open_account", fail)
    with pytest.raises(IntegrityError):
        api.post("/api/v1/auth/register", NINA)
    assert not User.objects.exists()


def test_a_fault_of_the_database_is_not_called_a_conflict(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "_taken", lambda user: [])
    User.objects.create_user("nina", "nina@desk.test")
    with pytest.raises(IntegrityError):
        api.post("/api/v1/auth/register", NINA)
