"""Accounts with keys: POST /accounts/create, /update-credentials, /sync-balance. What goes in never comes out."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from accounts.models import Credential, TradingAccount, Transfer
from accounts.selectors.trading_accounts import AccountMissing
from accounts.services.credentials import Keys, keep_credentials
from conftest import NOW
from core.sealing import CannotOpen, open_sealed

CREATE = "/api/v1/accounts/create"
KEYS = {"api_key": "The-key", "api_secret": "The-secret", "passphrase": "The-phrase"}
OTHERS = {"api_key": "Other-key", "api_secret": "Other-secret"}


def opened(account_id) -> dict[str, str]:
    credential = Credential.objects.get(pk=account_id)
    return {name: credential.opened(name) for name in KEYS}


@pytest.fixture
def address(account):
    return f"/api/v1/accounts/{account.id}"


def test_an_account_is_created_with_sealed_keys(tom, client_of):
    asked = {**KEYS, "name": "Mine", "exchange": "paper", "is_testnet": True, "initial_balance": "250"}
    answer = client_of(tom).post(CREATE, asked)
    account = TradingAccount.objects.get()
    told = {"success": True, "account_id": str(account.id), "message": "Account created successfully"}
    assert (answer.status_code, answer.json()) == (201, told)
    assert (account.owner, account.name, account.is_testnet, account.balance) == (tom, "Mine", True, 250)
    assert opened(account.id) == KEYS


def test_what_is_stored_tells_nothing_and_opens_in_its_place_only(tom, client_of):
    account_id = client_of(tom).post(CREATE, KEYS).json()["account_id"]
    row = Credential.objects.values("api_key", "api_secret", "passphrase").get()
    assert not any(secret in token for secret in KEYS.values() for token in row.values())
    assert open_sealed(row["api_key"], belongs_to=f"account:{account_id}:api_key") == "The-key"
    with pytest.raises(CannotOpen):
        open_sealed(row["api_key"], belongs_to=f"account:{account_id}:api_secret")


def test_paper_needs_no_keys(tom, client_of):
    assert client_of(tom).post(CREATE, {}).status_code == 201
    account = TradingAccount.objects.get()
    assert (account.name, account.is_testnet) == ("Paper", False)
    assert account.balance == Decimal(settings.DEFAULT_ACCOUNT_BALANCE)
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"exchange": "moon", **KEYS}, ["exchange"]),
        ({"api_key": "The-key"}, ["api_secret"]),
        ({"api_secret": "The-secret"}, ["api_key"]),
        ({"passphrase": "The-phrase"}, ["api_key", "api_secret"]),
        ({**KEYS, "api_key": ""}, ["api_key"]),
        ({**KEYS, "api_key": 5}, ["api_key"]),
        ({**KEYS, "api_key": "x" * 501}, ["api_key"]),
        ({**KEYS, "api_secret": "x" * 5001}, ["api_secret"]),
        ({**KEYS, "is_testnet": "yes"}, ["is_testnet"]),
        ({**KEYS, "initial_balance": "-1"}, ["initial_balance"]),
        ({**KEYS, "balance": "1"}, ["balance"]),
        ({**KEYS, "name": ""}, ["name"]),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it_and_opens_nothing(tom, client_of, asked, fields):
    answer = client_of(tom).post(CREATE, asked)
    assert (answer.status_code, sorted(answer.json()["errors"])) == (422, fields)
    assert not any(secret in answer.content.decode() for secret in KEYS.values())
    assert not TradingAccount.objects.exists()


def test_the_same_key_makes_one_account(tom, client_of):
    api, once = client_of(tom), {"headers": {"Idempotency-Key": "one"}}
    first, again = api.post(CREATE, KEYS, **once), api.post(CREATE, KEYS, **once)
    assert (first.json(), TradingAccount.objects.count()) == (again.json(), 1)
    assert api.post(CREATE, OTHERS, **once).json()["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize("role", ["eve", "vic"])
def test_who_only_reads_creates_none(request, client_of, role):
    assert client_of(request.getfixturevalue(role)).post(CREATE, KEYS).status_code == 403
    assert not TradingAccount.objects.exists()


def test_keys_are_replaced_whole(tom, account, address, client_of):
    api = client_of(tom)
    api.post(f"{address}/update-credentials", KEYS)
    answer = api.post(f"{address}/update-credentials", OTHERS)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert opened(account.id) == {**OTHERS, "passphrase": ""}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"api_key": "The-key"}, "api_secret"),
        ({"api_secret": "The-secret"}, "api_key"),
        ({**KEYS, "name": "x"}, "name"),
        ({**KEYS, "passphrase": None}, "passphrase"),
    ],
)
def test_half_of_them_is_a_422_and_changes_nothing(tom, account, address, client_of, asked, field):
    keep_credentials(account.id, Keys(**OTHERS), now=NOW)
    answer = client_of(tom).post(f"{address}/update-credentials", asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert opened(account.id) == {**OTHERS, "passphrase": ""}


@pytest.mark.parametrize(("path", "body"), [("update-credentials", KEYS), ("sync-balance", {})])
@pytest.mark.parametrize(
    ("who", "is_shown", "status"),
    [("ada", False, 200), ("mallory", False, 404), ("mallory", True, 403), ("vic", True, 403)],
)
def test_who_may(account, address, request, shared, client_of, path, body, who, is_shown, status):
    user = request.getfixturevalue(who)
    if is_shown:
        shared(account, user)
    assert client_of(user).post(f"{address}/{path}", body).status_code == status
    assert Credential.objects.exists() == (status == 200 and path == "update-credentials")


def test_a_sync_of_paper_tells_the_books(tom, address, client_of):
    answer = client_of(tom).post(f"{address}/sync-balance")
    assert (answer.status_code, answer.json()) == (200, {"success": True, "balance": "10250", "equity": "10250"})
    assert Transfer.objects.count() == 3


def test_a_deleted_account_takes_no_keys(account):
    TradingAccount.objects.update(deleted_at=NOW + timedelta(hours=1))
    with pytest.raises(AccountMissing):
        keep_credentials(account.id, Keys(**KEYS), now=NOW)
    assert not Credential.objects.exists()


def test_keys_do_not_show_themselves():
    assert not any(secret in repr(Keys(**KEYS)) for secret in KEYS.values())
