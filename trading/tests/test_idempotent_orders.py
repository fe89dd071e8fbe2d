"""Idempotency-Key on orders: one order however often it is sent; on a venue too, whenever the process dies."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.selectors.ledger import reconcile
from core.errors import Conflict
from core.models import IdempotencyKey
from trading.models import Fill, Order, Position
from trading.services import receipts, road
from trading.services.receipts import book_receipts
from trading.services.stopwatch import Stopwatch
from trading.tests import venue as answers
from trading.tests.test_external_broker import away

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

KEY = "0198b7c2-once"
REPLAYED = "Idempotent-Replayed"
BUY = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.1", "leverage": 10}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def send(tom, client_of):
    """POST an order of tom's with a key: `send(account)`, `send(account, quantity="9", key="other")`."""
    api = client_of(tom)

    def post(account, *, key=KEY, **asked):
        return api.post(f"/api/v1/accounts/{account.id}/orders", {**BUY, **asked}, HTTP_IDEMPOTENCY_KEY=key)

    return post


@pytest.mark.parametrize("door", ["/api/v1/orders", "/api/v1/accounts/{}/orders"])
def test_the_same_order_again_gets_the_same_answer_and_trades_nothing(account, tom, client_of, door):
    api, body = client_of(tom), {**BUY, "account_id": str(account.id)}
    first, again = (api.post(door.format(account.id), body, HTTP_IDEMPOTENCY_KEY=KEY) for _ in range(2))
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert (first.get(REPLAYED), again.get(REPLAYED), Fill.objects.count()) == (None, "true", 1)
    assert IdempotencyKey.objects.values_list("status", "resource_id").get() == (201, Order.objects.get().id)


@pytest.mark.parametrize("named", [True, False], ids=["in the body too", "in the path alone"])
def test_both_doors_are_one_to_a_key(account, tom, client_of, named):
    api, body = client_of(tom), {**BUY, "account_id": str(account.id)}
    first = api.post("/api/v1/orders", body, HTTP_IDEMPOTENCY_KEY=KEY)
    again = api.post(f"/api/v1/accounts/{account.id}/orders", body if named else BUY, HTTP_IDEMPOTENCY_KEY=KEY)
    assert (first.status_code, again.content, again.get(REPLAYED)) == (201, first.content, "true")
    assert Order.objects.count() == 1


def test_the_key_of_an_order_on_another_account_is_a_409(account, tom, account_of, send):
    send(account)
    assert (send(account_of(tom, name="Other")).status_code, Order.objects.count()) == (409, 1)


def test_the_key_of_an_order_opens_no_account(account, tom, client_of, send):
    send(account)
    answer = client_of(tom).post("/api/v1/accounts", BUY, HTTP_IDEMPOTENCY_KEY=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_another_order_with_the_same_key_is_a_409_and_trades_nothing(account, send):
    send(account)
    answer = send(account, quantity="0.2")
    assert (answer.status_code, answer.json()["code"], Order.objects.count()) == (409, "IDEMPOTENCY_KEY_REUSED", 1)


def test_a_refusal_is_kept_though_the_market_has_moved(account, send, still_market):
    first = send(account, quantity="100")
    still_market.set("BTCUSDT", "1")
    again = send(account, quantity="100")
    assert (first.status_code, first.json()["code"]) == (400, "INSUFFICIENT_MARGIN")
    assert (again.content, again.get(REPLAYED), Order.objects.count()) == (first.content, "true", 0)
    assert send(account, quantity="100", key="new").status_code == 201


def test_a_used_client_order_id_is_a_409_that_is_kept(account, send):
    send(account, client_order_id="mine", key="first")
    codes = [send(account, client_order_id="mine").json()["code"] for _ in range(2)]
    assert (codes, IdempotencyKey.objects.get(key=KEY).status) == (["DUPLICATE_CLIENT_ORDER_ID"] * 2, 409)


@pytest.mark.parametrize("bad", [{"quantity": "0.00001"}, {"symbol": "NONE"}, {"side": "up"}], ids=str)
def test_what_is_off_lot_or_unknown_is_not_kept(account, send, bad):
    assert send(account, **bad).status_code in {404, 422}
    assert (send(account).status_code, Order.objects.count()) == (201, 1)


def test_a_fault_on_paper_takes_all_back_and_leaves_the_key_free(account, send, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(road, "tell", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send(account)
    assert (Order.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert (send(account).get(REPLAYED), Order.objects.count()) == (None, 1)


def test_a_fault_after_the_key_was_held_takes_the_key_back_too(account, send, monkeypatch):
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(road, "tell", lambda *_: seen.append(IdempotencyKey.objects.count()) or 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send(account)
    assert (seen, IdempotencyKey.objects.count()) == ([1], 0)


def test_an_order_at_a_venue_is_answered_again_as_at_first(venue, on_venue, send):
    [account] = on_venue(1)
    first = send(account)
    Order.objects.update(reject_reason="something that came later", updated_at="2030-01-01T00:00:00Z")
    again = send(account)
    assert (first.json()["status"], again.content, again.get(REPLAYED)) == ("filled", first.content, "true")
    assert len(venue.sent) == 1


@pytest.mark.parametrize("said", [answers.rejected, answers.unknown, answers.silent, answers.pending])
def test_whatever_the_venue_said_the_order_is_not_sent_again(venue, on_venue, send, said):
    venue.answers = said
    [account] = on_venue(1)
    first, again = send(account), send(account)
    assert (first.status_code, again.content, again.get(REPLAYED)) == (201, first.content, "true")
    assert (len(venue.sent), Order.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_key_is_committed_with_the_order_before_the_venue_hears_of_it(venue, on_venue, send):
    def outside():
        try:
            return IdempotencyKey.objects.values_list("resource_id", "status").get(), Order.objects.get().id
        finally:
            connection.close()

    def look():
        with ThreadPoolExecutor(1) as pool:
            seen.append((connection.in_atomic_block, pool.submit(outside).result()))

    seen, venue.watch = [], look
    order_id = Order.objects.get(pk=send(on_venue(1)[0]).json()["id"]).id
    assert seen == [(False, ((order_id, None), order_id))]


@pytest.mark.django_db(transaction=True)
def test_while_the_order_is_on_the_wire_a_second_request_is_turned_away(venue, on_venue, send):
    def again():
        try:
            return send(account)
        finally:
            connection.close()

    def ask_again():
        with ThreadPoolExecutor(1) as pool:
            seen.append(pool.submit(again).result(timeout=60))

    [account], seen, venue.watch = on_venue(1), [], ask_again
    assert send(account).json()["status"] == "filled"
    assert (seen[0].json()["code"], seen[0]["Retry-After"]) == ("IDEMPOTENCY_IN_PROGRESS", "1")
    assert len(venue.sent) == 1


@pytest.fixture
def died(venue, on_venue, send):
    """An account whose order was sent in a process that died before it heard the answer."""
    [account] = on_venue(1)
    venue.raises = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        send(account)
    venue.raises = None
    return account


def test_a_death_at_the_venue_is_answered_from_the_order_and_sends_nothing(died, venue, send):
    answer = send(died)
    assert (answer.status_code, answer.get(REPLAYED)) == (201, "true")
    assert (answer.json()["id"], answer.json()["status"]) == (str(Order.objects.get().id), "submitting")
    assert (len(venue.sent), Position.objects.count()) == (1, 0)


def test_after_a_death_it_is_told_what_became_of_the_order_since(died, venue, send):
    statuses = [send(died).json()["status"]]
    order = Order.objects.get()
    book_receipts(
        [receipts.unanswered(order.account_id, order.client_order_id)],
        clock=lambda: order.created_at,
        watch=Stopwatch(),
    )
    assert ([*statuses, send(died).json()["status"]], len(venue.sent)) == (["submitting", "unknown"], 1)


def test_after_a_death_another_body_is_still_a_409(died, venue, send):
    assert (send(died, quantity="0.2").json()["code"], len(venue.sent)) == ("IDEMPOTENCY_KEY_REUSED", 1)


def test_after_a_death_a_new_key_is_a_new_order(died, venue, send):
    assert (send(died, key="new").json()["status"], len(venue.sent)) == ("filled", 2)


def test_a_database_that_goes_away_after_sending_is_answered_from_the_order(venue, on_venue, send, monkeypatch):
    [account] = on_venue(1)
    with monkeypatch.context() as patch:
        patch.setattr(receipts, "apply_receipts", away)
        assert send(account).status_code == 503
    answer = send(account)
    assert (answer.json()["status"], answer.get(REPLAYED), len(venue.sent)) == ("submitting", "true", 1)


def test_a_refusal_once_the_order_was_sent_is_not_the_last_word(venue, on_venue, send, monkeypatch):
    def refused(*_, **__):
        raise Conflict("The books are closed.")

    [account] = on_venue(1)
    with monkeypatch.context() as patch:
        patch.setattr(road, "book_receipts", refused)
        assert send(account).status_code == 409
    answer = send(account)
    assert (answer.status_code, answer.json()["status"], len(venue.sent)) == (201, "submitting", 1)


@pytest.mark.parametrize("exchange", ["paper", "fake"])
def test_where_no_lock_told_of_the_first_the_row_lets_one_order_stand(account, venue, send, monkeypatch, exchange):
    type(account).objects.update(exchange=exchange)
    send(account)
    monkeypatch.setattr("core.api.idempotency.find_claim", lambda asked: None)
    answer = send(account)
    assert (answer.json()["code"], Order.objects.count()) == ("IDEMPOTENCY_IN_PROGRESS", 1)
    assert len(venue.sent) == (exchange == "fake")


@pytest.mark.parametrize(("place", "write"), [(IdempotencyKey, "save"), (road, "insert_rows")], ids=["key", "order"])
def test_where_store_fails_nothing_is_sent_and_the_key_is_free(venue, on_venue, send, monkeypatch, place, write):
    [account] = on_venue(1)
    with monkeypatch.context() as patch:
        patch.setattr(place, write, away)
        assert send(account).status_code == 503
    assert (venue.sent, Order.objects.count(), IdempotencyKey.objects.count()) == ([], 0, 0)
    assert (send(account).get(REPLAYED), len(venue.sent)) == (None, 1)


def statements(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


@pytest.mark.parametrize(("exchange", "more"), [("paper", 2), ("fake", 3)])
def test_a_key_costs_a_fixed_number_of_statements(account, venue, send, tom, client_of, on_postgresql, exchange, more):
    # find the key, keep the answer; at a venue hold it first; the lock and its end on PostgreSQL
    type(account).objects.update(exchange=exchange)
    api, door = client_of(tom), f"/api/v1/accounts/{account.id}/orders"
    send(account, key="the first one opens the position")
    plain = [statements(lambda: api.post(door, BUY)) for _ in range(2)]
    keyed = [statements(lambda n=n: send(account, key=f"k{n}")) for n in range(2)]
    locks = 2 if on_postgresql else 0
    assert [one - other for one, other in zip(keyed, plain, strict=True)] == [more + locks] * 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("exchange", ["paper", "fake"])
def test_fifty_by_tens_are_one_order(account, venue, send, exchange):
    type(account).objects.update(exchange=exchange)
    start = Barrier(10)

    def one(_):
        start.wait()
        try:
            return send(account)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(one, range(50)))
    kinds = Counter((answer.status_code, answer.get(REPLAYED), answer.get("Retry-After")) for answer in told)
    assert kinds.keys() <= {(201, None, None), (201, "true", None), (409, None, "1")}
    assert (kinds[201, None, None], Order.objects.count(), Fill.objects.count()) == (1, 1, 1)
    assert (len(venue.sent), reconcile(account).difference) == (exchange == "fake", 0)
