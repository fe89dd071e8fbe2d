"""What comes to the API is counted by user, else by address; every answer says how much is left."""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts import identity
from accounts.api.auth import SelfViewSet
from accounts.models import User, UserSession
from accounts.tokens import Tokens

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
TOLD = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

ClientOf = Callable[[User], APIClient]
Limit = Callable[..., None]


def address() -> str:
    """Return an address that nobody has counted yet."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::7"


@pytest.fixture
def network() -> str:
    """A /64 that nobody has counted yet."""
    digits = uuid4().hex
    return f"2001:db8:{digits[:4]}:{digits[4:8]}"


@pytest.fixture
def stranger(network: str) -> APIClient:
    return APIClient(REMOTE_ADDR=f"{network}::1", raise_request_exception=False)


@pytest.fixture
def limit(settings: Settings) -> Limit:
    def to(**scopes: int) -> None:
        windows = {scope: [(times, 60)] for scope, times in scopes.items()}
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, **windows}

    return to


def statuses(client: APIClient, times: int, path: str = ME) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_a_user_is_counted_in_all_sessions_together(tom: User, client_of: ClientOf, limit: Limit) -> None:
    limit(user=2)
    phone, desktop = client_of(tom), client_of(tom)
    assert statuses(phone, 1) + statuses(desktop, 1) + statuses(phone, 1) == [200, 200, 429]


def test_one_user_takes_nothing_from_another(tom: User, ada: User, client_of: ClientOf, limit: Limit) -> None:
    limit(user=1)
    assert statuses(client_of(tom), 2) + statuses(client_of(ada), 1) == [200, 429, 200]


def test_without_a_token_the_network_is_counted(stranger: APIClient, network: str, limit: Limit) -> None:
    limit(anonymous=1)
    neighbour = APIClient(REMOTE_ADDR=f"{network}:ffff::9")
    assert statuses(stranger, 1) + statuses(neighbour, 1) == [401, 429]


def test_tokens_that_are_no_good_count_by_network(stranger: APIClient, limit: Limit) -> None:
    limit(anonymous=2)
    told = [stranger.get(ME, headers={"Authorization": f"Bearer {number}.b.c"}).status_code for number in range(3)]
    assert told == [401, 401, 429]


def test_a_spoofed_header_changes_nothing(stranger: APIClient, limit: Limit) -> None:
    limit(anonymous=1)
    told = [stranger.get(ME, headers={"X-Forwarded-For": f"9.9.9.{number}"}).status_code for number in range(2)]
    assert told == [401, 429]


def test_behind_a_proxy_the_hop_that_it_saw_is_counted(settings: Settings, stranger: APIClient, limit: Limit) -> None:
    settings.TRUSTED_PROXIES = 1
    limit(anonymous=1)
    seen = [f"1.1.1.1, {address()}", f"9.9.9.9, {address()}"]
    told = [stranger.get(ME, headers={"X-Forwarded-For": hops}).status_code for hops in [*seen, *seen]]
    assert told == [401, 401, 429, 429]


def test_a_refusal_says_when_to_come_again_in_the_one_shape(stranger: APIClient, limit: Limit) -> None:
    limit(anonymous=1)
    stranger.get(ME)
    answer = stranger.get(ME)
    assert answer.json()["code"] == "RATE_LIMITED"
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert 30 <= int(answer["Retry-After"]) <= 60
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("1", "0")
    assert 30 <= int(answer["X-RateLimit-Reset"]) - time.time() <= 61


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", ME, 401),
        ("get", "/api/v1/nowhere", 404),
        ("delete", "/api/v1/auth/login", 405),
        ("post", "/api/v1/auth/login", 422),
        ("get", "/api/v1/schema", 200),
    ],
)
def test_every_answer_tells_what_is_left(
    stranger: APIClient, limit: Limit, method: str, path: str, status: int
) -> None:
    limit(anonymous=5)
    answer = getattr(stranger, method)(path)
    assert (answer.status_code, answer["X-RateLimit-Remaining"]) == (status, "4")


def test_a_fault_of_ours_tells_it_too(stranger: APIClient, limit: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(anonymous=5)
    monkeypatch.setattr("accounts.api.auth.LoginInput", None)
    answer = stranger.post("/api/v1/auth/login", {})
    assert (answer.status_code, answer["X-RateLimit-Remaining"]) == (500, "4")


@pytest.mark.parametrize("path", ["/health", "/docs", "/login", "/"])
def test_pages_and_probes_are_not_counted(stranger: APIClient, limit: Limit, path: str) -> None:
    limit(anonymous=1)
    answers = [stranger.get(path) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert not TOLD & set(answers[0].headers)


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1/health", "/api/v1/schema", "/api/v1/nowhere"])
def test_every_answer_of_the_api_tells_how_much_is_left(stranger: APIClient, limit: Limit, path: str) -> None:
    limit(anonymous=1)
    first, second = stranger.get(path), stranger.get(path)
    assert (set(first.headers) >= TOLD, first["X-RateLimit-Remaining"]) == (True, "0")
    assert second.status_code == 429


def test_reading_deliveries_is_counted(stranger: APIClient, limit: Limit) -> None:
    limit(anonymous=1)
    assert statuses(stranger, 2, "/api/v1/webhook/deliveries") == [401, 429]


def test_senders_of_alerts_are_not_counted(stranger: APIClient, limit: Limit) -> None:
    limit(anonymous=1)
    assert statuses(stranger, 3, "/api/v1/webhook/tradingview/test") == [200, 200, 200]


def test_the_session_is_looked_up_once(
    tokens: Tokens, bearer: Callable[[str], APIClient], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = bearer(tokens.access)
    with django_assert_num_queries(1):
        assert client.get("/api/v1/auth/logout").status_code == 405


def test_a_session_that_is_over_is_looked_up_once(
    tokens: Tokens, bearer: Callable[[str], APIClient], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    UserSession.objects.all().delete()
    with django_assert_num_queries(1):
        assert bearer(tokens.access).get(ME).status_code == 401


def test_a_database_that_is_away_is_the_views_answer(
    stranger: APIClient, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(identity, "session_of", away)
    answer = stranger.get(ME, headers={"Authorization": f"Bearer {tokens.access}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert answer["Retry-After"] == "3"


def test_a_view_may_name_a_stricter_limit(
    tom: User, client_of: ClientOf, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SelfViewSet, "rate_scope", "sync", raising=False)
    limit(sync=1)
    answers = [client_of(tom).get(ME) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert (answers[1].json()["code"], answers[1]["X-RateLimit-Limit"]) == ("RATE_LIMITED", "1")
    assert 30 <= int(answers[1]["Retry-After"]) <= 60
