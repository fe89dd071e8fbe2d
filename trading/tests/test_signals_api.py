"""GET /signals: who asked for what, and what became of it on the accounts that one may see."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from trading.decisions import IntentSide
from trading.models import Order, Signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}
ROW = {
    *("correlation_id", "source", "bot_id", "group_id", "symbol", "side", "size", "status", "code", "reason"),
    *("success_count", "error_count", "received_at", "finished_at", "retry_of", "mismatch", "mismatch_reason"),
}
SAID = {"position_before", "position_after", "size_before", "size_after", "fired_at"}
RESULT = {
    *("account_id", "account_name", "status", "code", "reason", "order_ids", "quantity", "average_price", "timings"),
}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def test_a_signal_is_told_with_its_results(account, btcusdt, send, tom, client_of):
    signal = send(btcusdt, [account], **BUY)
    body = client_of(tom).get(f"/api/v1/signals/{signal.id}").json()
    [result] = body["results"]
    assert set(body) == ROW | SAID | {"intent", "results"}
    assert (body["symbol"], body["side"], body["size"], body["status"]) == ("BTCUSDT", "buy", "0.1", "processed")
    assert set(result) == RESULT
    assert (result["status"], result["quantity"], result["average_price"]) == ("filled", "0.1", "50000")
    assert result["order_ids"] == [str(Order.objects.get().id)]


def test_a_reversal_tells_both_orders_in_order(account, btcusdt, send, tom, client_of):
    send(btcusdt, [account], **BUY)
    signal = send(btcusdt, [account], **{**BUY, "side": IntentSide.SELL})
    [result] = client_of(tom).get(f"/api/v1/signals/{signal.id}").json()["results"]
    legs = Order.objects.filter(signal=signal).order_by("leg").values_list("id", flat=True)
    assert result["order_ids"] == [str(pk) for pk in legs]
    assert set(result["timings"]) == {"leg_1", "leg_2"}


def test_the_list_is_newest_first(account, btcusdt, send, tom, client_of):
    first, second = send(btcusdt, [account], **BUY), send(btcusdt, [account], side=IntentSide.CLOSE)
    Signal.objects.filter(pk=first.pk).update(received_at="2020-01-01T00:00:00Z")
    rows = client_of(tom).get("/api/v1/signals").json()["items"]
    assert [row["correlation_id"] for row in rows] == [str(second.id), str(first.id)]
    assert set(rows[0]) == ROW


@pytest.mark.parametrize(
    ("query", "found"),
    [({"status": "PROCESSED"}, 1), ({"status": "rejected"}, 0), ({"source": "alert"}, 1), ({"source": "strategy"}, 0)],
)
def test_the_list_can_be_filtered(account, btcusdt, send, tom, client_of, query, found):
    send(btcusdt, [account], **BUY)
    assert client_of(tom).get("/api/v1/signals", query).json()["total"] == found


@pytest.mark.parametrize("query", [{"status": "x"}, {"source": "x"}, {"bot_id": "x"}])
def test_a_filter_that_makes_no_sense_is_a_422(tom, client_of, query):
    assert list(client_of(tom).get("/api/v1/signals", query).json()["errors"]) == list(query)


@pytest.mark.parametrize(("who", "status"), [("tom", 200), ("ada", 200), ("mallory", 404), ("vic", 404)])
def test_who_may_read_a_signal(account, btcusdt, send, client_of, request, who, status):
    signal = send(btcusdt, [account], **BUY)
    api = client_of(request.getfixturevalue(who))
    assert api.get(f"/api/v1/signals/{signal.id}").status_code == status
    assert api.get("/api/v1/signals").json()["total"] == (1 if status == 200 else 0)


def test_one_sees_the_results_of_ones_own_accounts_only(account, mallory, tom, account_of, btcusdt, send, client_of):
    other = account_of(mallory, name="Other")
    signal = send(btcusdt, [account, other], **BUY)
    seen = [client_of(user).get(f"/api/v1/signals/{signal.id}").json()["results"] for user in (tom, mallory)]
    assert [[row["account_name"] for row in rows] for rows in seen] == [["Paper"], ["Other"]]


def test_a_share_shows_its_account_and_no_other(account, tom, vic, account_of, btcusdt, send, client_of):
    signal = send(btcusdt, [account, account_of(tom, name="Hidden")], **BUY)
    Share.objects.create(user=vic, scope_type="account", scope_id=account.id)
    results = client_of(vic).get(f"/api/v1/signals/{signal.id}").json()["results"]
    assert [row["account_name"] for row in results] == ["Paper"]


def test_a_signal_that_is_not_there_is_a_404(tom, client_of):
    assert client_of(tom).get(f"/api/v1/signals/{uuid.uuid4()}").status_code == 404


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


def test_the_statements_of_the_list_do_not_grow_with_the_signals(account, btcusdt, send, tom, client_of):
    api = client_of(tom)
    send(btcusdt, [account], **BUY)
    few = statements(api, "/api/v1/signals")
    sent = [send(btcusdt, [account], **BUY) for _ in range(20)]
    assert (statements(api, "/api/v1/signals"), len(sent)) == (few, 20)


def test_the_statements_of_one_signal_do_not_grow_with_its_accounts(tom, accounts_of, btcusdt, send, client_of):
    api = client_of(tom)
    one, many = send(btcusdt, accounts_of(tom, 1), **BUY), send(btcusdt, accounts_of(tom, 20), **BUY)
    assert statements(api, f"/api/v1/signals/{one.id}") == statements(api, f"/api/v1/signals/{many.id}")
