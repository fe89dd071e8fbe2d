"""Pages of other sites: none may read the API but those that are named, and never by cookie."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.origins import checked

APP = "https://app.example.com"


@pytest.fixture
def app_is_named(settings):
    settings.CORS_ALLOWED_ORIGINS = [APP]


def preflight(client, address="/api/v1/orders", origin=APP, asked="authorization,idempotency-key,content-type"):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked}
    return client.options(address, headers=headers)


def cors_of(answer):
    return {name for name in answer.headers if name.lower().startswith("access-control-")}


@pytest.mark.parametrize("address", ["/", "/docs", "/api/v1/health", "/api/v1/accounts", "/admin/login/"])
def test_by_default_no_other_site_reads_anything(db, client, address):
    assert cors_of(client.get(address, headers={"Origin": APP})) == set()
    assert cors_of(preflight(client, address)) == set()


def test_a_named_site_reads_the_answer_and_the_headers_it_needs(db, client, app_is_named):
    answer = client.get("/api/v1/health", headers={"Origin": APP})
    exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
    assert (answer["Access-Control-Allow-Origin"], "origin" in answer["Vary"].lower()) == (APP, True)
    assert exposed >= {"X-Request-ID", "X-RateLimit-Remaining", "Retry-After", "Idempotent-Replayed"}


def test_a_refusal_can_be_read_too(db, client, app_is_named):
    answer = client.get("/api/v1/accounts", headers={"Origin": APP})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (401, APP)


def test_a_named_site_may_send_a_token_and_a_key_of_idempotency(client, app_is_named):
    answer = preflight(client)
    allowed = set(answer["Access-Control-Allow-Headers"].split(", "))
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, APP)
    assert allowed >= {"authorization", "idempotency-key", "content-type", "x-request-id"}
    assert {"DELETE", "PATCH", "POST"} <= set(answer["Access-Control-Allow-Methods"].split(", "))


def test_no_cookie_goes_along(db, client, app_is_named):
    assert "Access-Control-Allow-Credentials" not in client.get("/api/v1/health", headers={"Origin": APP})
    assert "Access-Control-Allow-Credentials" not in preflight(client)


@pytest.mark.parametrize(
    "origin", ["https://example.com", "http://app.example.com", f"{APP}:8443", f"{APP}.evil", "null"]
)
def test_another_site_is_not_the_named_one(db, client, app_is_named, origin):
    assert cors_of(client.get("/api/v1/health", headers={"Origin": origin})) == set()
    assert cors_of(preflight(client, origin=origin)) == set()


@pytest.mark.parametrize("address", ["/", "/docs", "/health", "/admin/login/", "/static/core/favicon.svg"])
def test_a_named_site_reads_nothing_but_the_api(db, client, app_is_named, settings, address):
    settings.WHITENOISE_USE_FINDERS = True
    answer = client.get(address, headers={"Origin": APP})
    answer.close()
    assert cors_of(answer) == cors_of(preflight(client, address)) == set()


@pytest.mark.parametrize("origins", [[], [APP], ["http://localhost:5173", "http://[::1]:3000"]])
def test_origins_are_taken_as_they_are(origins):
    assert checked(origins) == origins


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "", "app.example.com", f"{APP}/", f"{APP}/x", "https://*.example.com", "ftp://x", "HTTPS://X"],
)
def test_what_no_browser_sends_is_refused_at_start(origin):
    with pytest.raises(ImproperlyConfigured, match="CORS_ALLOWED_ORIGINS"):
        checked([APP, origin])
