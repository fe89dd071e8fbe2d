"""POST /accounts/{id}/deposit and /withdraw, GET /ledger and /reconcile."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount, Transfer

MOVES = pytest.mark.parametrize("move", ["deposit", "withdraw"])


def address(account, path):
    return f"/api/v1/accounts/{account.id}/{path}"


@pytest.mark.parametrize(
    ("move", "kind", "amount", "balance"),
    [("deposit", "deposit", "0.1", "10250.1"), ("withdraw", "withdrawal", "-0.1", "10249.9")],
)
def test_a_move_answers_with_its_ledger_row(account, tom, client_of, move, kind, amount, balance):
    answer = client_of(tom).post(address(account, move), {"amount": "0.1", "reference": "r-1"})
    row = answer.json()
    assert answer.status_code == 201
    assert (row["kind"], row["amount"], row["balance_after"]) == (kind, amount, balance)
    assert (row["reference"], row["currency"]) == ("r-1", "USDT")
    assert str(Transfer.objects.get(reference="r-1").id) == row["id"]


@MOVES
def test_without_a_reference_each_move_has_one_of_its_own(account, tom, client_of, move):
    api = client_of(tom)
    references = {api.post(address(account, move), {"amount": 1}).json()["reference"] for _ in range(2)}
    assert len(references) == 2


@MOVES
def test_a_used_reference_is_a_409_and_moves_nothing(account, tom, client_of, move):
    api = client_of(tom)
    api.post(address(account, move), {"amount": 1, "reference": "once"})
    answer = api.post(address(account, move), {"amount": 1, "reference": "once"})
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert Transfer.objects.filter(reference="once").count() == 1


BAD = [
    "0",
    "-1",
    0,
    -0.5,
    "NaN",
    "sNaN",
    "Infinity",
    "-inf",
    "ten",
    "",
    None,
    True,
    [],
    {},
    "1e-9",
    "1e-2000000",
    "1_0",
    "1e30",
]


@MOVES
@pytest.mark.parametrize("amount", BAD, ids=repr)
def test_an_amount_that_is_none_is_a_422_and_moves_nothing(account, tom, client_of, move, amount):
    answer = client_of(tom).post(address(account, move), {"amount": amount})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["amount"])
    assert Transfer.objects.count() == 3


@MOVES
@pytest.mark.parametrize("body", [{}, {"amount": "1", "kind": "adjustment"}, {"amount": "1", "reference": "x" * 91}])
def test_another_body_is_a_422_and_moves_nothing(account, tom, client_of, move, body):
    assert client_of(tom).post(address(account, move), body).status_code == 422
    assert Transfer.objects.count() == 3


def test_more_than_is_available_is_a_400_and_moves_nothing(account, tom, client_of):
    answer = client_of(tom).post(address(account, "withdraw"), {"amount": "10250.01"})
    assert (answer.status_code, answer.json()["code"]) == (400, "INSUFFICIENT_FUNDS")
    assert answer.json()["detail"] == "10250.01 was asked for; 10250 is available."
    assert Transfer.objects.count() == 3


def test_more_than_a_balance_can_hold_is_a_422_and_moves_nothing(account, tom, client_of):
    # 93 deposits of a billion would go beyond 64 bits
    TradingAccount.objects.update(balance="92233720000")
    answer = client_of(tom).post(address(account, "deposit"), {"amount": "1000000000"})
    assert answer.status_code == 422
    assert Transfer.objects.count() == 3


@MOVES
@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("eve", 403)])
def test_a_stranger_moves_nothing(account, request, client_of, move, who, status):
    answer = client_of(request.getfixturevalue(who)).post(address(account, move), {"amount": 1})
    assert (answer.status_code, Transfer.objects.count()) == (status, 3)


@MOVES
@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_moves_nothing(account, request, shared, client_of, move, who):
    user = request.getfixturevalue(who)
    shared(account, user)
    answer = client_of(user).post(address(account, move), {"amount": 1})
    assert (answer.status_code, Transfer.objects.count()) == (403, 3)


@MOVES
def test_an_admin_may_move_money_of_others(account, ada, client_of, move):
    assert client_of(ada).post(address(account, move), {"amount": 1}).status_code == 201


@MOVES
def test_money_of_an_exchange_is_refused_with_its_code(account, tom, client_of, move):
    TradingAccount.objects.update(exchange="bybit")
    answer = client_of(tom).post(address(account, move), {"amount": 1})
    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_A_PAPER_ACCOUNT")
    assert Transfer.objects.count() == 3


def test_the_ledger_is_read_newest_first(account, tom, client_of):
    body = client_of(tom).get(address(account, "ledger")).json()
    assert [(row["kind"], row["amount"], row["balance_after"]) for row in body["items"]] == [
        ("withdrawal", "-250", "10250"),
        ("deposit", "500", "10500"),
        ("deposit", "10000", "10000"),
    ]
    assert (body["total"], body["limit"], body["offset"]) == (3, 50, 0)


def test_the_ledger_is_read_in_pages(account, tom, client_of):
    body = client_of(tom).get(address(account, "ledger"), {"limit": 1, "offset": 1}).json()
    assert [row["reference"] for row in body["items"]] == ["in"]


def test_the_statements_of_the_ledger_do_not_grow_with_its_rows(account, tom, client_of):
    api = client_of(tom)
    few = statements(api, address(account, "ledger"))
    moved = [api.post(address(account, "deposit"), {"amount": 1}).status_code for _ in range(20)]
    assert (statements(api, address(account, "ledger")), set(moved)) == (few, {201})


def statements(api, path):
    with CaptureQueriesContext(connection) as queries:
        api.get(path)
    return len(queries)


def test_reconciling_says_that_the_books_are_true(account, tom, client_of):
    body = client_of(tom).get(address(account, "reconcile")).json()
    assert body == {"balance": "10250", "ledger_balance": "10250", "difference": "0"}


def test_reconciling_says_by_how_much_they_are_not(account, tom, client_of):
    TradingAccount.objects.update(balance="10250.00000001")
    body = client_of(tom).get(address(account, "reconcile")).json()
    assert body["difference"] == "0.00000001"
