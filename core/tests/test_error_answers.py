"""Every refusal has one shape, whatever raised it; nothing that a client sends is a fault of ours."""

import pytest

from core.errors import Invalid

pytestmark = pytest.mark.django_db

SHAPE = {"success", "code", "detail", "errors", "request_id", "timestamp"}
JSON = "application/json"


def refused(answer, status, code):
    body = answer.json()
    return (answer.status_code, body["code"], body["success"], set(body)) == (status, code, False, SHAPE)


@pytest.fixture
def api(tom, client_of):
    client = client_of(tom)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("address", ["/nowhere", "/api/v1/nowhere", "/api/v1/accounts/not-a-uuid", "/api/v2/accounts"])
@pytest.mark.parametrize("method", ["get", "post", "delete", "patch", "options"])
def test_an_unknown_address_is_a_404(api, address, method):
    assert refused(getattr(api, method)(address), 404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_method_that_an_address_does_not_have_is_a_405_that_names_those_it_has(api, method):
    answer = getattr(api, method)("/api/v1/accounts")
    assert refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_without_a_token_it_is_a_401_that_says_how_to_come_in(anonymous):
    answer = anonymous.get("/api/v1/accounts")
    assert refused(answer, 401, "AUTHENTICATION_REQUIRED")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_with_a_bad_token_it_is_a_401(anonymous):
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer x.y.z")
    assert refused(anonymous.get("/api/v1/accounts"), 401, "INVALID_TOKEN")


def test_what_a_role_may_not_do_is_a_403(vic, client_of):
    assert refused(client_of(vic).post("/api/v1/accounts", {"name": "Mine"}), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_another_kind_of_body_is_a_415(api, kind):
    assert refused(api.generic("POST", "/api/v1/accounts", b'{"name": "x"}', kind), 415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_answer_in_another_kind_is_a_406(api):
    assert refused(api.get("/api/v1/accounts", headers={"Accept": "text/csv"}), 406, "NOT_ACCEPTABLE")


MALFORMED = {
    "nothing closed": b'{"name": "x"',
    "no json": b"name=x",
    "two values": b"{} {}",
    "trailing comma": b'{"name": "x",}',
    "NaN": b'{"name": "x", "initial_balance": NaN}',
    "Infinity": b'{"name": "x", "initial_balance": -Infinity}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "lone surrogate": b'{"name": "\\ud800"}',
    "lone surrogate as a key": b'{"\\udfff": 1}',
    "escaped NUL": b'{"name": "a\\u0000b"}',
    "escaped NUL as a key": b'{"a\\u0000b": 1}',
    "raw NUL": b'{"name": "a\x00b"}',
    "number of 5,000 digits": b'{"name": "x", "initial_balance": ' + b"9" * 5000 + b"}",
    "100,000 brackets": b"[" * 100_000,
    "100,000 brackets closed": b"[" * 100_000 + b"]" * 100_000,
    "100,000 braces": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "950 levels": b'{"name": "x", "a": ' + b"[" * 950 + b"]" * 950 + b"}",
    "NUL 400 levels deep": b'{"name": "x", "a": ' + b"[" * 400 + b'"\\u0000"' + b"]" * 400 + b"}",
    "NUL 20 levels deep": b'{"name": "x", "a": ' + b"[" * 20 + b'"\\u0000"' + b"]" * 20 + b"}",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("address", ["/api/v1/accounts", "/api/v1/bots", "/api/v1/orders", "/api/v1/auth/login"])
def test_a_malformed_body_is_a_400(api, address, body):
    assert refused(api.generic("POST", address, body, JSON), 400, "MALFORMED")


@pytest.mark.parametrize("body", [b"[]", b"[1]", b"1", b'"text"', b"true", b"null", b"1.5"])
@pytest.mark.parametrize("address", ["/api/v1/accounts", "/api/v1/bots", "/api/v1/orders"])
def test_a_body_that_is_no_object_is_a_422(api, address, body):
    assert refused(api.generic("POST", address, body, JSON), 422, "INVALID")


def test_a_body_that_is_too_large_is_a_413(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = b'{"name": "' + b"x" * 1000 + b'"}'
    assert refused(api.generic("POST", "/api/v1/accounts", body, JSON), 413, "TOO_LARGE")


def test_an_unknown_field_is_a_422_that_names_it(api):
    answer = api.post("/api/v1/accounts", {"name": "x", "balance": "1", "owner": "ada"})
    assert refused(answer, 422, "INVALID")
    assert sorted(answer.json()["errors"]) == ["balance", "owner"]


JUNK = ["", "x", "-1", "1.5", "1e2", " 5", "+5", "٥", "0x10", "99999999999", "%00", "5;", "null", "NaN"]


@pytest.mark.parametrize("limit", [*JUNK, "0", "101"])
@pytest.mark.parametrize(
    "address", ["/api/v1/accounts", "/api/v1/orders", "/api/v1/bots", "/api/v1/signals", "/api/v1/groups"]
)
def test_a_page_size_that_makes_no_sense_is_a_422(api, address, limit):
    answer = api.get(f"{address}?limit={limit}")
    assert refused(answer, 422, "INVALID")
    assert list(answer.json()["errors"]) == ["limit"]


@pytest.mark.parametrize("offset", [*JUNK, str(2**31)])
def test_an_offset_that_makes_no_sense_is_a_422(api, offset):
    answer = api.get(f"/api/v1/accounts?offset={offset}")
    assert refused(answer, 422, "INVALID")
    assert list(answer.json()["errors"]) == ["offset"]


@pytest.mark.parametrize(("limit", "offset"), [("1", "0"), ("100", "2147483647")])
def test_the_outermost_pages_are_answered(api, limit, offset):
    body = api.get(f"/api/v1/accounts?limit={limit}&offset={offset}").json()
    assert body == {"items": [], "total": 0, "limit": int(limit), "offset": int(offset)}


def test_a_list_has_fifty_rows_when_nothing_is_asked(api):
    assert api.get("/api/v1/accounts").json()["limit"] == 50


@pytest.mark.parametrize("address", ["/api/v1/accounts", "/api/v1/accounts/", "/api/v1/accounts//"])
def test_a_trailing_slash_does_not_matter_to_a_post(api, address):
    answer = api.post(address, {"name": "Mine"})
    assert (answer.status_code, answer.json()["name"]) == (201, "Mine")


@pytest.mark.parametrize("method", ["get", "post", "patch"])
def test_the_times_of_errors_are_utc(api, method):
    assert getattr(api, method)("/nowhere").json()["timestamp"].endswith("Z")


def test_a_refusal_of_one_field_names_it_with_its_own_sentence():
    refusal = Invalid("A size is above zero.", field="size")
    assert refusal.errors == {"size": ["A size is above zero."]}
