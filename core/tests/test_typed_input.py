"""A value has the type that the schema documents, in a body and in a query; nothing is said twice."""

import re
from decimal import Decimal

import pytest

from core.api.schema import decimal_pattern

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.fixture
def api(tom, client_of):
    return client_of(tom)


@pytest.mark.parametrize(
    ("address", "field", "value"),
    [
        ("/api/v1/accounts", "name", 5),
        ("/api/v1/accounts", "name", True),
        ("/api/v1/accounts", "is_demo", 1),
        ("/api/v1/accounts", "is_demo", "true"),
        ("/api/v1/accounts", "max_leverage", "5"),
        ("/api/v1/accounts", "max_leverage", True),
        ("/api/v1/accounts", "max_leverage", 1.5),
        ("/api/v1/accounts", "initial_balance", True),
        ("/api/v1/accounts", "initial_balance", ["1"]),
        ("/api/v1/orders", "side", 1),
        ("/api/v1/orders", "instrument_id", 7),
        ("/api/v1/bots", "config", []),
        ("/api/v1/groups", "accounts.0", 5),
    ],
)
def test_a_value_of_another_type_is_a_422_that_names_its_field(ada, client_of, address, field, value):
    name, _, index = field.partition(".")
    answer = client_of(ada).post(address, {name: [value] if index else value})
    assert (answer.status_code, field in answer.json()["errors"]) == (422, True)


def test_a_type_inside_of_an_object_is_named_by_its_path(anonymous):
    answer = anonymous.post("/api/v1/auth/login", {"device_info": {"user_agent": 5}})
    assert answer.json()["errors"] == {"device_info.user_agent": ["Must be text."]}


@pytest.mark.parametrize("written", ["5", "5.0", "5.00"])
def test_a_whole_number_may_be_written_with_a_fraction_of_nothing(api, written):
    answer = api.generic("POST", "/api/v1/accounts", f'{{"name": "x", "max_leverage": {written}}}', JSON)
    assert answer.json()["max_leverage"] == 5


@pytest.mark.parametrize("body", ['{"name": "x", "name": "y"}', '{"name": "x", "config": {"a": 1, "a": 1}}'])
def test_a_member_named_twice_is_a_400(api, body):
    answer = api.generic("POST", "/api/v1/bots", body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e99999999999999999999", "1e-99999999999999999999"])
def test_a_number_that_no_decimal_holds_is_refused(api, number):
    answer = api.generic("POST", "/api/v1/accounts", f'{{"name": "x", "initial_balance": {number}}}', JSON)
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("number", ["1e309", "1e400", "-1", "1e-400", "9" * 4000])
def test_a_number_out_of_range_is_a_422_with_a_short_sentence(api, number):
    answer = api.generic("POST", "/api/v1/accounts", f'{{"name": "x", "initial_balance": {number}}}', JSON)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["initial_balance"])
    assert len(answer.json()["detail"]) < 200


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("/api/v1/orders", "status=junk"),
        ("/api/v1/orders", "status="),
        ("/api/v1/orders", "status=pending&status=pending"),
        ("/api/v1/orders", "bot_id=5"),
        ("/api/v1/orders", "symbol=%00"),
        ("/api/v1/orders", "symbol=" + "x" * 65),
        ("/api/v1/accounts", "limit=5&limit=5"),
        ("/api/v1/market/instruments", "type="),
        ("/api/v1/market/instruments", "symbol=%00"),
        ("/api/v1/market/instruments", "symbol=a&symbol=a"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_a_422_that_names_it(api, address, query):
    answer = api.get(f"{address}?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize("text", ["yes", "1", "", "on", "null", "true&is_open=true"])
def test_only_true_and_false_are_truths_in_a_query(api, tom, account_of, text):
    account = account_of(tom)
    assert api.get(f"/api/v1/accounts/{account.id}/positions?is_open={text}").status_code == 422


@pytest.mark.parametrize("text", ["true", "False", "TRUE"])
def test_true_and_false_are_taken_in_any_case(api, tom, account_of, text):
    account = account_of(tom)
    assert api.get(f"/api/v1/accounts/{account.id}/positions?is_open={text}").status_code == 200


def test_a_parameter_that_is_not_known_is_not_looked_at(api):
    assert api.get("/api/v1/orders?utm_source=mail&utm_source=mail").status_code == 200


@pytest.mark.parametrize(
    ("zero", "text", "fits"),
    [
        (False, "0.00000001", True),
        (False, "10000000000", True),
        (False, "9999999999.99999999", True),
        (False, "0", False),
        (False, "0.00000000", False),
        (False, "0.000000001", False),
        (False, "10000000001", False),
        (False, "-1", False),
        (True, "0", True),
        (True, "0.0", True),
    ],
)
def test_the_documented_pattern_is_what_a_decimal_looks_like(zero, text, fits):
    pattern = decimal_pattern(scale=8, most=Decimal(10**10), zero=zero)
    assert bool(re.search(pattern, text)) is fits


@pytest.mark.parametrize("address", ["/api/v1", "/api/v1/", "/", "//"])
def test_the_root_answers_at_both_addresses(anonymous, address):
    assert set(anonymous.get(address).json()) == {"name", "version", "links"}


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("address", ["/api/v1/accounts", "/api/v1/accounts/", "/api/v1/accounts//", "/health/"])
def test_a_trailing_slash_does_not_matter_to_reading(api, method, address):
    assert getattr(api, method)(address).status_code == 200


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_a_trailing_slash_does_not_matter_to_a_patch_or_a_delete(ada, client_of, account_of, end):
    account, api = account_of(ada), client_of(ada)
    assert api.patch(f"/api/v1/accounts/{account.id}{end}", {"name": "New"}).json()["name"] == "New"
    group = api.post(f"/api/v1/groups{end}", {"name": "G", "accounts": [str(account.id)]}).json()["data"]["group"]["id"]
    assert api.delete(f"/api/v1/groups/{group}/accounts/{account.id}{end}").status_code == 200


@pytest.mark.parametrize("symbol", ["%00", "%2e%2e", "%2e%2e%2f%2e%2e", "x" * 10_000, "%ff%fe", "%ED%A0%80", "%0d%0a"])
@pytest.mark.parametrize("address", ["/api/v1/market/instruments/", "/api/v1/market/ticker/"])
def test_a_junk_symbol_in_a_path_is_a_404(api, address, symbol):
    assert api.get(address + symbol).status_code == 404


@pytest.mark.parametrize("junk", ["1", "%00", "x" * 36, "00000000-0000-0000-0000-00000000000", "x" * 10_000])
@pytest.mark.parametrize("address", ["/api/v1/accounts/", "/api/v1/bots/", "/api/v1/signals/"])
def test_a_junk_id_in_a_path_is_a_404(api, address, junk):
    assert api.get(address + junk).status_code == 404


LISTS = [
    *(("/api/v1/market/instruments", name) for name in ("symbol", "type", "status")),
    *(("/api/v1/orders", name) for name in ("bot_id", "account_id", "symbol", "status")),
    *(("/api/v1/signals", name) for name in ("bot_id", "status", "source")),
    *(("/api/v1/bots", name) for name in ("status", "exchange")),
    *(("/api/v1/webhook/deliveries", name) for name in ("bot_id", "status")),
    *(("/api/v1/users", name) for name in ("role", "is_active", "search")),
]


@pytest.mark.parametrize("said", ["{}=", "{}=%20", "{0}=a&{0}=a", "{}=%00", "{}=%25s%25n%25%00"])
@pytest.mark.parametrize(("address", "name"), LISTS)
def test_a_filter_that_is_empty_junk_or_said_twice_is_a_422_that_names_it(ada, client_of, address, name, said):
    answer = client_of(ada).get(f"{address}?{said.format(name)}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])
