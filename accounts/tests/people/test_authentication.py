"""The bearer token of a request: one query finds its session, and nothing malformed is a fault."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from accounts.api.authentication import SessionTokenAuthentication
from accounts.models import User, UserSession
from accounts.services.sessions import Device, open_session
from accounts.tokens import Tokens, make_tokens

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
Knock = Callable[[str], APIClient]


def signed(claims: dict[str, Any], *, key: str = settings.JWT_SIGNING_KEY, **header: Any) -> str:
    return jwt.encode(claims, key, algorithm="HS256", headers=header)


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, settings.JWT_SIGNING_KEY, algorithms=["HS256"])


def encoded_bytes(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def encoded(text: str) -> str:
    return encoded_bytes(text.encode())


def test_an_authenticated_request_costs_one_query(
    tokens: Tokens, tom: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = Request(APIRequestFactory().get("/", headers={"Authorization": f"Bearer {tokens.access}"}))
    with django_assert_num_queries(1):
        found = SessionTokenAuthentication().authenticate(request)
        assert found is not None
        assert found[0] == found[1].user == tom


def test_me_costs_two_queries(tokens: Tokens, bearer: Knock, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):  # the session with its user; the role's permissions
        bearer(tokens.access).get(ME)


def test_the_token_holds_the_documented_claims(tokens: Tokens, tom: User) -> None:
    claims = claims_of(tokens.access)
    assert set(claims) == {"sub", "sid", "jti", "exp", "iat", "token_type"}
    assert (claims["sub"], claims["sid"]) == (str(tom.id), str(tokens.session_id))
    assert claims["exp"] - claims["iat"] == 1800 == tokens.expires_in
    assert jwt.get_unverified_header(tokens.access)["alg"] == "HS256"


def test_no_token_is_401_with_a_challenge(api: APIClient) -> None:
    answer = api.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_refresh_token_opens_nothing(tokens: Tokens, bearer: Knock) -> None:
    answer = bearer(tokens.refresh).get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_without_signature_opens_nothing(tokens: Tokens, bearer: Knock) -> None:
    unsigned = jwt.encode(claims_of(tokens.access), "", algorithm="none")
    assert bearer(unsigned).get(ME).status_code == 401


def test_a_token_signed_another_way_opens_nothing(tokens: Tokens, bearer: Knock) -> None:
    other = jwt.encode(claims_of(tokens.access), settings.JWT_SIGNING_KEY, algorithm="HS384")
    assert bearer(other).get(ME).status_code == 401


@pytest.mark.parametrize(
    "header", [{"alg": "RS256"}, {"alg": "ES256"}, {"alg": "none"}, {"alg": "hs256"}, {"typ": "JWT"}]
)
def test_a_token_that_names_another_algorithm_opens_nothing(
    tokens: Tokens, bearer: Knock, header: dict[str, str]
) -> None:
    _, claims, signature = tokens.access.split(".")
    changed = f"{encoded(json.dumps(header))}.{claims}"
    resigned = encoded_bytes(hmac.digest(settings.JWT_SIGNING_KEY.encode(), changed.encode(), "sha256"))
    assert bearer(f"{changed}.{signature}").get(ME).status_code == 401
    assert bearer(f"{changed}.{resigned}").get(ME).status_code == 401


def test_a_token_with_a_changed_claim_opens_nothing(tokens: Tokens, tom: User, mallory: User, bearer: Knock) -> None:
    header, _, signature = tokens.access.split(".")
    claims = claims_of(tokens.access) | {"sub": str(mallory.id)}
    assert bearer(f"{header}.{encoded(json.dumps(claims))}.{signature}").get(ME).status_code == 401


def test_headers_that_point_at_keys_are_not_followed(tokens: Tokens, bearer: Knock) -> None:
    pointing = {
        "kid": "../../dev/null",
        "jku": "http://127.0.0.1:1/",
        "x5u": "http://127.0.0.1:1/",
        "jwk": {"kty": "oct"},
    }
    assert bearer(signed(claims_of(tokens.access), key=32 * "k", **pointing)).get(ME).status_code == 401


@pytest.mark.parametrize("change", [{"token_type": "access"}, {"exp": 1}, {"sub": str(uuid4())}, {"sid": str(uuid4())}])
def test_a_changed_refresh_token_is_401(tokens: Tokens, api: APIClient, change: dict[str, Any]) -> None:
    token = signed(claims_of(tokens.refresh) | change)
    assert api.post("/api/v1/auth/refresh", {"refresh_token": token}).status_code == 401
    assert UserSession.objects.get().ended_at is None


@pytest.mark.parametrize("claim", ["sub", "sid", "jti", "exp", "token_type"])
def test_a_refresh_token_without_a_claim_is_401(tokens: Tokens, api: APIClient, claim: str) -> None:
    claims = claims_of(tokens.refresh)
    del claims[claim]
    assert api.post("/api/v1/auth/refresh", {"refresh_token": signed(claims)}).status_code == 401


def test_the_refresh_token_of_a_user_who_is_gone_is_401(tokens: Tokens, api: APIClient) -> None:
    User.objects.all().delete()
    assert api.post("/api/v1/auth/refresh", {"refresh_token": tokens.refresh}).status_code == 401


def test_a_token_of_another_key_opens_nothing(tokens: Tokens, bearer: Knock) -> None:
    foreign = signed(claims_of(tokens.access), key=32 * "k")
    assert bearer(foreign).get(ME).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"sid": str(uuid4())},
        {"sub": str(uuid4())},
        {"sid": "x"},
        {"sid": None},
        {"sid": ["x"]},
        {"sub": "1"},
        {"exp": 1},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"exp": "soon"},
        {"token_type": "refresh"},
        {"token_type": None},
    ],
)
def test_a_signed_token_with_a_wrong_claim_opens_nothing(tokens: Tokens, bearer: Knock, change: dict[str, Any]) -> None:
    assert bearer(signed(claims_of(tokens.access) | change)).get(ME).status_code == 401


@pytest.mark.parametrize("claim", ["sub", "sid", "jti", "exp", "token_type"])
def test_a_signed_token_without_a_claim_opens_nothing(tokens: Tokens, bearer: Knock, claim: str) -> None:
    claims = claims_of(tokens.access)
    del claims[claim]
    assert bearer(signed(claims)).get(ME).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "a b",
        "x",
        "a.b.c",
        "..",
        "\x00",
        "a\x00.b.c",
        "\xff\xfe",
        "ü",
        100_000 * "a",
        f"{encoded('[' * 1400)}.e30.x",
        f"{encoded(json.dumps({'alg': ['HS256']}))}.e30.x",
        f"{encoded(json.dumps({'alg': 'HS256', 'kid': 7}))}.e30.x",
        f"{encoded(json.dumps({'alg': 'HS256', 'b64': False, 'crit': ['b64']}))}..x",
        f"{encoded(json.dumps({'alg': 'RS256', 'jku': 'http://127.0.0.1/'}))}.e30.x",
    ],
)
def test_a_malformed_token_is_401(tom: User, token: str) -> None:
    header = f"Bearer {token}".encode("latin-1")
    assert APIClient().get(ME, HTTP_AUTHORIZATION=header.decode("latin-1")).status_code == 401


def test_another_scheme_is_no_token(tokens: Tokens) -> None:
    assert APIClient().get(ME, headers={"Authorization": f"Basic {tokens.access}"}).status_code == 401


def test_a_token_lasts_half_an_hour(tom: User, now: datetime, bearer: Knock) -> None:
    fresh = open_session(tom, device=Device(), now=now - timedelta(minutes=29))
    stale = open_session(tom, device=Device(), now=now - timedelta(minutes=30))
    assert bearer(fresh.access).get(ME).status_code == 200
    assert bearer(stale.access).get(ME).status_code == 401


def test_a_token_counts_from_the_moment_it_was_asked_for(tom: User, now: datetime) -> None:
    tokens = open_session(tom, device=Device(), now=now - timedelta(minutes=29))
    claims = claims_of(tokens.access)
    assert claims["iat"] == int((now - timedelta(minutes=29)).timestamp())
    assert claims["exp"] - claims["iat"] == 1800


def test_a_token_of_a_session_that_ran_out_opens_nothing(tokens: Tokens, now: datetime, bearer: Knock) -> None:
    UserSession.objects.update(expires_at=now)
    assert bearer(tokens.access).get(ME).status_code == 401


def test_a_user_who_is_shut_out_is_out_at_once(tokens: Tokens, bearer: Knock) -> None:
    User.objects.update(is_active=False)
    assert bearer(tokens.access).get(ME).status_code == 401


def test_a_session_of_someone_else_opens_nothing(tokens: Tokens, mallory: User, now: datetime, bearer: Knock) -> None:
    forged, _ = make_tokens(user_id=mallory.id, session_id=tokens.session_id, now=now)
    assert bearer(forged.access).get(ME).status_code == 401
