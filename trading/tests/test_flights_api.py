"""GET /signals/{id}/flight: what became of each account, and no more of it than one may see."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from trading.decisions import IntentSide
from trading.models import Fill, Order, Signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def flight_of(client, signal):
    answer = client.get(f"/api/v1/signals/{signal.id}/flight")
    assert answer.status_code == 200
    return answer.json()


def test_a_trade_is_told_down_to_its_ledger(account, btcusdt, send, tom, client_of):
    [row] = flight_of(client_of(tom), send(btcusdt, [account], **BUY))["items"]
    fill = Fill.objects.get()
    assert row["answer"].startswith("It traded. Bought")
    assert {"quote", "price", "margin"} <= {line["step"] for line in row["arithmetic"]}
    assert [order["status"] for order in row["orders"]] == ["filled"]
    assert [each["id"] for each in row["fills"]] == [str(fill.pk)]
    assert [(line["kind"], line["amount"][0]) for line in row["ledger"]] == [("commission", "-")]


def test_one_sees_ones_own_accounts_only(account, mallory, tom, account_of, btcusdt, send, client_of):
    theirs = account_of(mallory)
    signal = send(btcusdt, [account, theirs], **BUY)
    [row] = flight_of(client_of(mallory), signal)["items"]
    assert row["account_id"] == str(theirs.pk)


def test_a_share_of_a_bot_shows_no_equity_and_no_ledger(account, btcusdt, send, tom, vic, client_of):
    signal = send(btcusdt, [account], **BUY)
    bot_id = uuid.uuid4()
    _ = [model.objects.update(bot_id=bot_id) for model in (Signal, Order)]
    Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot_id)
    [row] = flight_of(client_of(vic), signal)["items"]
    assert (row["arithmetic"], row["ledger"]) == (None, None)
    assert (len(row["orders"]), len(row["fills"])) == (1, 1)


def test_a_stranger_gets_a_404(account, btcusdt, send, mallory, client_of):
    address = f"/api/v1/signals/{send(btcusdt, [account], **BUY).id}/flight"
    assert client_of(mallory).get(address).status_code == 404


def test_the_queries_do_not_grow_with_accounts(account, btcusdt, send, tom, account_of, client_of):
    client, alone = client_of(tom), send(btcusdt, [account], **BUY)
    flight_of(client, alone)
    with CaptureQueriesContext(connection) as few:
        flight_of(client, alone)
    many = send(btcusdt, [account_of(tom, name=f"Paper {number}") for number in range(5)], **BUY)
    with CaptureQueriesContext(connection) as more:
        assert flight_of(client, many)["total"] == 5
    assert len(more) == len(few)
