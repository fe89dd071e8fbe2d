"""Multi's doors that close, and POST /accounts/{id}/positions/close."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share, TradingAccount
from accounts.selectors.ledger import reconcile
from market.models import Instrument
from trading.models import Order, OrderType, Position, ScopeType, SwitchState
from trading.services.scopes import turn_switch
from trading.tests import venue as answers

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

KEYED = {"HTTP_IDEMPOTENCY_KEY": "k"}
CLOSED_FIELDS = {
    *("id", "account_id", "instrument_id", "symbol", "side", "size", "entry_price", "exit_price", "pnl", "fee"),
    *("leverage", "opened_at", "closed_at"),
}


@pytest.fixture
def account(tom, account_of, order_of):
    """An account that is 0.1 BTC long."""
    account = account_of(tom)
    order_of(account, "buy", "0.1")
    return account


@pytest.fixture
def api(tom, client_of):
    return client_of(tom)


@pytest.fixture
def close(account, api):
    """Close by symbol: `close()`, `close(symbol="ETHUSDT")`."""

    def post(client=api, headers=None, **body):
        address = f"/api/v1/trading/close-position/{account.id}"
        return client.post(address, {"symbol": "BTCUSDT", **body}, **headers or {})

    return post


@pytest.fixture
def close_one(account, api):
    """Close by position: `close_one()`, `close_one(size="0.04")`."""

    def post(client=api, headers=None, **body):
        address = f"/api/v1/accounts/{account.id}/positions/close"
        named = {"position_id": str(Position.objects.get().id), **body}
        return client.post(address, named, **headers or {})

    return post


@pytest.fixture
def terminate(account, api):
    """Terminate the account."""

    def post(client=api, headers=None, **body):
        return client.post(f"/api/v1/trading/terminate/{account.id}", body, **headers or {})

    return post


@pytest.fixture
def at_venue(account, venue):
    TradingAccount.objects.update(exchange="fake")
    return venue


def is_open():
    return Position.objects.open().exists()


# by symbol


def test_a_position_is_closed_whole_by_its_symbol(close):
    answer = close(order_type="MARKET")
    body = answer.json()
    assert (answer.status_code, set(body)) == (200, {"success", "message", "symbol", "order"})
    assert (body["success"], body["message"], body["symbol"]) == (True, "Position closed", "BTCUSDT")
    assert (body["order"]["side"], body["order"]["quantity"], body["order"]["reduce_only"]) == ("sell", "0.1", True)
    assert not is_open()


def test_a_short_is_bought_back(close, account, order_of):
    order_of(account, "sell", "0.3")
    assert (close().json()["order"]["side"], is_open()) == ("buy", False)


def test_of_what_is_not_held_there_is_nothing_to_close(close):
    answer = close(symbol="ETHUSDT")
    assert (answer.status_code, answer.json()["code"], is_open()) == (404, "NOTHING_TO_CLOSE", True)


@pytest.mark.parametrize(
    ("field", "body"),
    [("order_type", {"order_type": "limit"}), ("symbol", {"symbol": ""}), ("size", {"size": "0.1"})],
)
def test_a_wrong_field_is_a_422_that_closes_nothing(close, field, body):
    answer = close(**body)
    assert (answer.status_code, list(answer.json()["errors"]), is_open()) == (422, [field], True)


def test_a_venue_that_has_not_filled_it_has_not_closed_it(close, at_venue):
    at_venue.answers = answers.pending
    body = close().json()
    assert (body["success"], body["message"]) == (False, "The closing order is pending.")


# by position


def test_a_position_is_closed_whole_by_its_id(close_one):
    answer = close_one()
    assert (answer.status_code, answer.json()["filled_quantity"], is_open()) == (201, "0.1", False)


@pytest.mark.parametrize(("size", "left"), [("0.04", "0.06"), (0.001, "0.099"), ("0.1", None)])
def test_a_part_of_it_is_closed(close_one, account, size, left):
    assert close_one(size=size).status_code == 201
    kept = Position.objects.open().first()
    assert (None if kept is None else format(kept.size.normalize(), "f"), reconcile(account).difference) == (left, 0)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("size", {"size": "0.101"}),
        ("size", {"size": "0.0005"}),
        ("size", {"size": "0"}),
        ("size", {"size": "-0.1"}),
        ("position_id", {"position_id": "x"}),
        ("symbol", {"symbol": "BTCUSDT"}),
    ],
)
def test_more_than_is_open_or_off_lot_is_a_422_that_closes_nothing(close_one, field, body):
    answer = close_one(**body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert Order.objects.count() == 1


def test_what_is_left_off_lot_by_a_lot_that_changed_can_be_closed_whole(close_one):
    Instrument.objects.filter(symbol="BTCUSDT").update(lot_size="0.03")
    assert (close_one(size="0.05").status_code, close_one(size="0.1").status_code) == (422, 201)


def test_a_closed_position_is_a_409(close_one):
    close_one()
    answer = close_one()
    assert (answer.status_code, answer.json()["code"]) == (409, "POSITION_CLOSED")


def test_a_position_of_another_account_or_of_none_is_a_404(account, api, tom, account_of, order_of):
    other = account_of(tom, name="Other")
    order_of(other, "buy", "0.1")
    address = f"/api/v1/accounts/{account.id}/positions/close"
    ids = [Position.objects.get(account=other).id, uuid.uuid4()]
    assert [api.post(address, {"position_id": str(key)}).status_code for key in ids] == [404, 404]


# all of it


def test_all_that_an_account_holds_is_closed(terminate, account, order_of):
    order_of(account, "sell", "1", instrument=Instrument.objects.get(symbol="ETHUSDT"))
    answer = terminate()
    assert (answer.status_code, answer.json()) == (200, {"success": True, "terminated_positions": 2, "errors": []})
    assert (is_open(), reconcile(account).difference) == (False, 0)
    assert set(Order.objects.filter(reduce_only=True).values_list("origin", flat=True)) == {"flatten"}


def test_an_account_that_is_flat_is_terminated_already(terminate):
    terminate()
    assert terminate().json() == {"success": True, "terminated_positions": 0, "errors": []}


def test_what_has_no_price_stays_and_is_told(terminate, still_market):
    still_market.prices.clear()
    assert terminate().json() == {
        "success": False,
        "terminated_positions": 0,
        "errors": [{"symbol": "BTCUSDT", "code": "STALE_QUOTE", "detail": "There is no fresh price of BTCUSDT."}],
    }


def test_orders_at_work_are_cancelled_first(terminate, account, order_of):
    resting = order_of(account, "buy", "0.1", order_type=OrderType.LIMIT, price=Decimal(49000))
    assert terminate().json() == {"success": True, "terminated_positions": 1, "errors": []}
    resting.refresh_from_db()
    assert (resting.status, resting.reject_reason) == ("cancelled", "The account was terminated.")


def test_orders_of_other_accounts_work_on(terminate, tom, account_of, order_of):
    resting = order_of(account_of(tom, name="Other"), "buy", "0.1", order_type=OrderType.LIMIT, price=Decimal(49000))
    terminate()
    resting.refresh_from_db()
    assert resting.status == "pending"


def test_an_order_that_its_venue_keeps_is_told(terminate, account, order_of, at_venue):
    at_venue.answers = answers.pending
    account.refresh_from_db()
    order_of(account, "buy", "0.1")
    at_venue.answers = answers.filled
    body = terminate().json()
    assert (body["success"], body["terminated_positions"]) == (False, 1)
    assert [(each["symbol"], each["code"]) for each in body["errors"]] == [("BTCUSDT", "PENDING")]


def test_what_the_market_takes_in_part_goes_on_closing(terminate, btcusdt, still_market):
    type(btcusdt).objects.filter(pk=btcusdt.pk).update(liquidity=Decimal("0.04"))
    [error] = terminate().json()["errors"]
    assert error == {
        "symbol": "BTCUSDT",
        "code": "PARTIALLY_FILLED",
        "detail": "The order is partially_filled; 0.04 of 0.1 is filled.",
    }


def test_a_body_that_names_a_part_does_not_close_all(terminate):
    assert (terminate(symbol="BTCUSDT").status_code, is_open()) == (422, True)


@pytest.mark.parametrize(
    ("state", "by_symbol", "by_position"), [(SwitchState.REDUCING, 200, 201), (SwitchState.HALTED, 400, 400)]
)
def test_a_switch_stops_a_close_only_where_it_halts(close, close_one, account, state, by_symbol, by_position):
    turn_switch(ScopeType.ACCOUNT, account.id, state=state, reason="test")
    answer = close_one(size="0.05")
    assert (answer.status_code, close().status_code) == (by_position, by_symbol)


@pytest.mark.parametrize("state", [SwitchState.REDUCING, SwitchState.HALTED])
def test_no_switch_stops_a_termination(terminate, account, state):
    turn_switch(ScopeType.ACCOUNT, account.id, state=state, reason="test")
    assert (terminate().json()["terminated_positions"], is_open()) == (1, False)


# who, and once


@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("eve", 403)])
@pytest.mark.parametrize("door", ["close", "close_one", "terminate"])
def test_who_may_not_close(request, client_of, door, who, status):
    client = client_of(request.getfixturevalue(who))
    assert (request.getfixturevalue(door)(client).status_code, is_open()) == (status, True)


@pytest.mark.parametrize("door", ["close", "close_one", "terminate"])
def test_an_account_that_is_shared_is_not_closed(request, account, mallory, client_of, door):
    Share.objects.create(user=mallory, scope_type="account", scope_id=account.id)
    answer = request.getfixturevalue(door)(client_of(mallory))
    assert (answer.status_code, answer.json()["code"], is_open()) == (403, "READ_ONLY", True)


@pytest.mark.parametrize("door", ["close", "close_one", "terminate"])
def test_the_same_key_closes_once_and_is_answered_the_same(request, account, order_of, door):
    post = request.getfixturevalue(door)
    first = post(headers=KEYED)
    again = post(headers=KEYED)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert Order.objects.filter(reduce_only=True).count() == 1


@pytest.mark.parametrize("door", ["close", "close_one", "terminate"])
def test_a_refusal_or_a_remainder_under_a_key_is_kept(request, at_venue, door):
    at_venue.answers = answers.rejected
    post = request.getfixturevalue(door)
    first, again = post(headers=KEYED), post(headers=KEYED)
    assert (again.content, len(at_venue.sent)) == (first.content, 1)


@pytest.mark.parametrize(
    ("door", "told"),
    [
        ("close", {"message": "The closing order is submitting."}),
        ("close_one", {"status": "submitting"}),
        ("terminate", {"terminated_positions": 0, "success": False}),
    ],
)
def test_after_a_death_at_the_venue_the_key_tells_what_is_known_and_sends_nothing(request, at_venue, door, told):
    post, at_venue.raises = request.getfixturevalue(door), KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        post(headers=KEYED)
    at_venue.raises = None
    answer = post(headers=KEYED)
    assert (told.items() <= answer.json().items(), answer["Idempotent-Replayed"]) == (True, "true")
    assert len(at_venue.sent) == 1


def test_the_statements_of_a_termination_do_not_grow_with_the_positions(terminate, account, order_of):
    def counted():
        with CaptureQueriesContext(connection) as queries:
            assert terminate().json()["success"]
        return len(queries)

    few = counted()
    for symbol in ("BTCUSDT", "ETHUSDT"):
        order_of(account, "buy", "0.1", instrument=Instrument.objects.get(symbol=symbol))
    assert counted() == few


# what was closed


@pytest.fixture
def closed(account, api):
    """GET the closed positions: `closed()`, `closed(limit=1)`."""

    def get(client=api, **query):
        return client.get(f"/api/v1/trading/positions/{account.id}", query)

    return get


def test_closed_positions_are_a_bare_array_the_newest_first(closed, close, account, order_of, still_market):
    # 0.1 long from 50,000 to 51,000: 100, fees 1 + 1.02; then 0.2 short from 51,000 to 50,000: 200, fees 2.04 + 2
    still_market.set("BTCUSDT", "51000")
    close()
    order_of(account, "sell", "0.2")
    still_market.set("BTCUSDT", "50000")
    close()
    newest, first = closed().json()
    assert set(first) == CLOSED_FIELDS
    assert (first["side"], first["size"], first["entry_price"], first["exit_price"]) == (
        "long",
        "0.1",
        "50000",
        "51000",
    )
    assert (first["pnl"], first["fee"]) == ("100", "2.02")
    assert (newest["side"], newest["pnl"], newest["fee"]) == ("short", "200", "4.04")


def test_what_is_open_is_not_among_them(closed):
    assert closed().json() == []


def test_a_limit_cuts_the_list(closed, close, account, order_of):
    close()
    order_of(account, "buy", "0.1")
    close()
    assert (len(closed(limit=1).json()), len(closed().json())) == (1, 2)


@pytest.mark.parametrize("limit", ["0", "101", "x", ""])
def test_a_limit_out_of_range_is_a_422(closed, limit):
    assert list(closed(limit=limit).json()["errors"]) == ["limit"]


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("mallory", 404), ("vic", 404)])
def test_who_may_see_them(request, closed, client_of, who, status):
    assert closed(client_of(request.getfixturevalue(who))).status_code == status


def test_a_share_lets_see_them(closed, close, account, vic, client_of):
    close()
    Share.objects.create(user=vic, scope_type="account", scope_id=account.id)
    assert len(closed(client_of(vic)).json()) == 1
