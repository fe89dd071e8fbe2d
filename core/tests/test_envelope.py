"""The envelope around any answer, and which form an answer takes."""

import pytest
from django.urls import path
from rest_framework.response import Response

from core.api.envelope import EnvelopeRenderer
from core.api.exceptions import refuse
from core.errors import TooMany

pytestmark = pytest.mark.django_db

ENVELOPE = "application/vnd.envelope+json"
BY_QUERY = {"query_params": {"format": "envelope"}}
BY_HEADER = {"headers": {"Accept": ENVELOPE}}
ASKED = pytest.mark.parametrize("asked", [BY_QUERY, BY_HEADER], ids=["query", "header"])
ERROR = {"success", "code", "detail", "errors", "request_id", "timestamp"}


@pytest.fixture
def api(tom, client_of):
    client = client_of(tom)
    client.raise_request_exception = False
    return client


def is_error(answer, status, code):
    body = answer.json()
    error = body["data"]
    assert (answer.status_code, answer["Content-Type"], error["code"]) == (status, ENVELOPE, code)
    return body == {"status": "error", "message": error["detail"], "meta": {}, "data": error} and set(error) == ERROR


@ASKED
def test_a_resource_is_the_data(api, tom, account_of, asked):
    account = account_of(tom)
    answer = api.get(f"/api/v1/accounts/{account.id}", **asked)
    assert (answer.status_code, answer["Content-Type"]) == (200, ENVELOPE)
    plain = api.get(f"/api/v1/accounts/{account.id}").json()
    assert answer.json() == {"status": "success", "message": "", "meta": {}, "data": plain}


@ASKED
def test_the_rows_of_a_list_are_the_data_and_its_figures_the_meta(api, tom, account_of, asked):
    account_of(tom)
    body, plain = api.get("/api/v1/accounts", **asked).json(), api.get("/api/v1/accounts").json()
    assert body["data"] == plain["items"]
    assert body["meta"] == {"total": 1, "limit": 50, "offset": 0}


@ASKED
def test_what_a_list_tells_beside_its_rows_is_kept(api, tom, account_of, asked):
    account_of(tom)
    body, plain = api.get("/api/v1/order", **asked).json(), api.get("/api/v1/order").json()
    assert body["meta"] == {name: value for name, value in plain.items() if name != "items"}
    assert body["meta"]["aggregates"]


@ASKED
def test_what_an_answer_says_is_the_message(api, asked):
    body = api.get("/api/v1/groups", **asked).json()
    assert (body["status"], body["message"]) == ("success", "Groups retrieved successfully")
    assert body["data"]["data"]["groups"] == []


@ASKED
def test_a_created_thing_keeps_its_status(api, asked):
    answer = api.post("/api/v1/accounts", {"name": "Mine"}, **asked)
    assert (answer.status_code, answer.json()["data"]["name"]) == (201, "Mine")


@ASKED
@pytest.mark.parametrize(
    ("method", "address", "body", "status", "code"),
    [
        ("get", "/api/v1/nowhere", None, 404, "NOT_FOUND"),
        ("get", "/nowhere", None, 404, "NOT_FOUND"),
        ("put", "/api/v1/accounts", {}, 405, "METHOD_NOT_ALLOWED"),
        ("post", "/api/v1/accounts", {"x": 1}, 422, "INVALID"),
        ("post", "/api/v1/accounts", {"name": "x" * 2_000_000}, 413, "TOO_LARGE"),
    ],
)
def test_a_refusal_is_an_error_with_its_sentence(api, asked, method, address, body, status, code):
    assert is_error(getattr(api, method)(address, body, format="json", **asked), status, code)


@ASKED
def test_a_request_without_a_token_is_one_too(anonymous, asked):
    answer = anonymous.get("/api/v1/accounts", **asked)
    assert is_error(answer, 401, "AUTHENTICATION_REQUIRED")
    assert answer["WWW-Authenticate"] == "Bearer"


@ASKED
def test_a_desk_in_trouble_is_an_error(anonymous, monkeypatch, asked):
    monkeypatch.setattr("core.api.views.health", lambda: {"status": "degraded"})
    answer = anonymous.get("/health", **asked)
    assert (answer.status_code, answer.json()["status"], answer.json()["data"]) == (
        503,
        "error",
        {"status": "degraded"},
    )


def broken(request):
    raise ZeroDivisionError


def too_many(request):
    return refuse(request, TooMany("Slow down.", retry_after_seconds=0.2))


urlpatterns = [path("broken", broken), path("too-many", too_many)]
handler500 = "core.api.exceptions.server_fault"


@ASKED
@pytest.mark.urls(__name__)
def test_a_fault_of_ours_is_one_too(api, asked):
    assert is_error(api.get("/broken", **asked), 500, "INTERNAL")


@ASKED
@pytest.mark.urls(__name__)
def test_a_refusal_outside_of_a_view_is_one_too(api, asked):
    answer = api.get("/too-many", **asked)
    assert is_error(answer, 429, "RATE_LIMITED")
    assert answer["Retry-After"] == "1"


@pytest.mark.parametrize("address", ["/api/v1/accounts", "/health", "/", "/api/v1/schema", "/docs"])
@pytest.mark.parametrize("asked", ["junk", "", "JSON ", "%00", "api"])
def test_a_format_that_there_is_not_is_a_422_that_names_it(api, address, asked):
    answer = api.get(f"{address}?format={asked}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/json")
    assert list(answer.json()["errors"]) == ["format"]


@pytest.mark.parametrize("address", ["/api/v1/accounts", "/health", "/api/v1/schema"])
@pytest.mark.parametrize("accept", ["text/csv", ";;;", "x", "application/json;q=0", ",,,", "a" * 9000])
def test_a_type_that_there_is_not_is_a_406(api, address, accept):
    answer = api.get(address, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/json")
    assert answer.json()["code"] == "NOT_ACCEPTABLE"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("APPLICATION/JSON; indent=4; charset=utf-16", "application/json"),
        ("application/json; foo*=bad'x'%ff", "application/json"),
        (f"{ENVELOPE}, */*;q=0.1", ENVELOPE),
        (f"text/html, {ENVELOPE}", ENVELOPE),
        (f"{ENVELOPE};q=0.5, application/json;q=0.4", ENVELOPE),
        (f"{ENVELOPE};q=0.4, application/json;q=0.5", "application/json"),
        ("application/json;q=0, */*", ENVELOPE),
    ],
)
def test_the_best_liked_type_is_chosen_and_named_as_it_is(api, accept, chosen):
    assert api.get("/api/v1/accounts", headers={"Accept": accept})["Content-Type"] == chosen


def test_the_format_asked_for_comes_before_the_accept_header(api):
    answer = api.get("/api/v1/accounts?format=envelope", headers={"Accept": "application/json"})
    assert answer["Content-Type"] == ENVELOPE


def test_an_answer_without_a_body_stays_without_one():
    assert EnvelopeRenderer().render(None, None, {"response": Response(status=204)}) == b""


def test_a_query_that_cannot_be_read_is_a_400(api):
    answer = api.get("/api/v1/accounts?" + "a&" * 2000)
    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")
