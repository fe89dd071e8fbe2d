"""/accounts: opening, reading and changing trading accounts, and who may."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import TradingAccount, Transfer

ADDRESS = "/api/v1/accounts"
FIELDS = {
    *("id", "name", "exchange", "currency", "is_demo", "is_testnet", "is_active", "balance", "equity", "margin_used"),
    *("margin_available", "max_leverage", "max_daily_loss", "created_at"),
}


def test_an_account_is_opened_with_its_first_deposit(tom, client_of):
    answer = client_of(tom).post(ADDRESS, {"name": "Mine", "initial_balance": "2500.5", "exchange": "PAPER"})
    body = answer.json()
    assert (answer.status_code, set(body)) == (201, FIELDS)
    assert (body["name"], body["exchange"], body["currency"]) == ("Mine", "paper", "USDT")
    assert body["balance"] == body["equity"] == body["margin_available"] == "2500.5"
    assert Transfer.objects.get(account=body["id"]).reference == "opening"


@pytest.mark.parametrize(
    ("given", "balance"), [({}, "10000"), ({"initial_balance": 0}, "0"), ({"initial_balance": 0.1}, "0.1")]
)
def test_the_first_deposit_may_be_left_out(tom, client_of, given, balance):
    assert client_of(tom).post(ADDRESS, {"name": "Mine", **given}).json()["balance"] == balance


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("exchange", "moon"),
        ("currency", "usdt!"),
        ("initial_balance", "-1"),
        ("initial_balance", "NaN"),
        ("initial_balance", "1e-9"),
        ("initial_balance", "1e-2000000"),
        ("initial_balance", "1_000"),
        ("initial_balance", "1000000000.00000001"),
        ("initial_balance", True),
        ("initial_balance", []),
        ("max_leverage", 0),
        ("max_leverage", 101),
        ("max_leverage", "many"),
        ("max_daily_loss", "0"),
        ("is_demo", "perhaps"),
        ("balance", "5"),
        ("owner", "ada"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it_and_opens_nothing(tom, client_of, field, value):
    answer = client_of(tom).post(ADDRESS, {"name": "Mine", field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not TradingAccount.objects.exists()


@pytest.mark.parametrize("role", ["eve", "vic"])
def test_who_only_reads_opens_no_account(request, client_of, role):
    answer = client_of(request.getfixturevalue(role)).post(ADDRESS, {"name": "Mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert not TradingAccount.objects.exists()


def test_the_list_holds_ones_own_and_what_is_shared(account, tom, vic, mallory, account_of, shared, client_of):
    other, _ = account_of(mallory, name="Other"), account_of(mallory, name="Hidden")
    shared(other, tom)
    assert {row["name"] for row in client_of(tom).get(ADDRESS).json()["items"]} == {"Paper", "Other"}
    assert client_of(vic).get(ADDRESS).json()["items"] == []


def test_an_admin_sees_all(account, ada, mallory, account_of, client_of):
    account_of(mallory)
    assert client_of(ada).get(ADDRESS).json()["total"] == 2


def test_a_deleted_account_is_in_no_list_and_at_no_address(account, tom, client_of):
    TradingAccount.objects.update(deleted_at=timezone.now())
    api = client_of(tom)
    assert api.get(ADDRESS).json()["total"] == 0
    assert api.get(f"{ADDRESS}/{account.id}").status_code == 404


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


def test_the_statements_of_the_list_do_not_grow_with_the_accounts(account, tom, account_of, client_of):
    api = client_of(tom)
    few = statements(api, ADDRESS)
    opened = [account_of(tom) for _ in range(20)]
    assert (statements(api, ADDRESS), len(opened)) == (few, 20)


@pytest.mark.parametrize("path", ["", "/ledger", "/reconcile"])
@pytest.mark.parametrize(("who", "status"), [("tom", 200), ("ada", 200), ("mallory", 404), ("vic", 404), ("eve", 404)])
def test_who_may_read_an_account(account, request, client_of, path, who, status):
    api = client_of(request.getfixturevalue(who))
    assert api.get(f"{ADDRESS}/{account.id}{path}").status_code == status


@pytest.mark.parametrize("path", ["", "/ledger", "/reconcile"])
@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_lets_read(account, request, shared, client_of, path, who):
    user = request.getfixturevalue(who)
    shared(account, user)
    assert client_of(user).get(f"{ADDRESS}/{account.id}{path}").status_code == 200


def test_nobody_reads_an_account_without_a_token(account, anonymous):
    assert anonymous.get(f"{ADDRESS}/{account.id}").status_code == 401


def test_an_account_that_is_not_there_is_a_404(tom, client_of):
    assert client_of(tom).get(f"{ADDRESS}/{uuid.uuid4()}").status_code == 404


def test_name_limits_and_state_can_be_changed(account, tom, client_of):
    changes = {"name": "Renamed", "is_active": False, "max_leverage": 5, "max_daily_loss": "99.5"}
    body = client_of(tom).patch(f"{ADDRESS}/{account.id}", changes).json()
    assert {name: body[name] for name in changes} == changes
    account.refresh_from_db()
    assert (account.name, account.is_active, account.max_leverage) == ("Renamed", False, 5)
    assert account.max_daily_loss == Decimal("99.5")


def test_a_limit_can_be_taken_away(account, tom, client_of):
    TradingAccount.objects.update(max_daily_loss=5)
    assert client_of(tom).patch(f"{ADDRESS}/{account.id}", {"max_daily_loss": None}).json()["max_daily_loss"] is None


@pytest.mark.parametrize("field", ["balance", "currency", "exchange", "seed", "owner", "transfers_count", "id"])
def test_what_is_not_for_changing_is_a_422_and_stays(account, tom, client_of, field):
    before = TradingAccount.objects.values().get()
    answer = client_of(tom).patch(f"{ADDRESS}/{account.id}", {"name": "Renamed", field: "1"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert TradingAccount.objects.values().get() == before


@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("eve", 403), ("ada", 200)])
def test_who_may_change_an_account_of_somebody_else(account, request, client_of, who, status):
    answer = client_of(request.getfixturevalue(who)).patch(f"{ADDRESS}/{account.id}", {"name": "Renamed"})
    account.refresh_from_db()
    assert (answer.status_code, account.name) == (status, "Renamed" if status == 200 else "Paper")


@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_lets_nobody_change(account, request, shared, client_of, who):
    user = request.getfixturevalue(who)
    shared(account, user)
    assert client_of(user).patch(f"{ADDRESS}/{account.id}", {"name": "Renamed"}).status_code == 403
    assert TradingAccount.objects.get().name == "Paper"
