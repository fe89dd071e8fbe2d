"""Orders that rest, over HTTP: through both doors they are placed, read and cancelled."""

import pytest

from trading.models import Order

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "order_type": "LIMIT",
    "quantity": "0.1",
    "price": "45000.00",
    "leverage": 10,
}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture(params=["orders", "accounts/{account}/orders"])
def door(request, account):
    """The address of orders: all of them, or the account's."""
    return f"/api/v1/{request.param.format(account=account.id)}"


@pytest.fixture
def place(door, account, tom, client_of):
    """Place an order as tom and return the answer: `place(**body)`."""

    def post(**body):
        named = {} if str(account.id) in door else {"account_id": str(account.id)}
        return client_of(tom).post(door, {**LIMIT, **named, **body})

    return post


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {"order_type": "limit", "price": "45000", "stop_price": None, "time_in_force": "gtc"}),
        ({"post_only": True}, {"post_only": True}),
        ({"order_type": "stop", "price": None, "stop_price": 51000}, {"order_type": "stop", "stop_price": "51000"}),
        ({"order_type": "STOP_LIMIT", "stop_price": "51000", "price": "51500"}, {"price": "51500"}),
        ({"stop_loss": "44000", "take_profit": "46000"}, {"stop_loss": "44000", "take_profit": "46000"}),
    ],
    ids=str,
)  # fmt: skip
def test_an_order_that_rests_is_answered_as_it_was_asked(place, asked, told):
    answer = place(**asked)
    body = answer.json()
    assert (answer.status_code, body["status"], body["filled_quantity"]) == (201, "pending", "0")
    assert {name: body[name] for name in told} == told


@pytest.mark.parametrize("condition", ["IOC", "fok"])
def test_one_that_may_not_rest_comes_back_expired(place, condition):
    answer = place(time_in_force=condition)
    assert (answer.status_code, answer.json()["status"]) == (201, "expired")


def test_a_maker_that_would_take_is_refused_and_leaves_no_row(place):
    answer = place(post_only=True, price="50000")
    assert (answer.status_code, answer.json()["code"]) == (400, "POST_ONLY_WOULD_TAKE")
    assert not Order.objects.exists()


def test_a_cancel_answers_in_the_documented_shape(place, door, tom, client_of):
    order_id = place().json()["id"]
    answer = client_of(tom).delete(f"{door}/{order_id}")
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "Order cancelled successfully", "order_id": order_id, "status": "cancelled"},
    )
    assert client_of(tom).get(f"{door}/{order_id}").json()["status"] == "cancelled"


def test_a_second_cancel_is_a_409(place, door, tom, client_of):
    order_id = place().json()["id"]
    client_of(tom).delete(f"{door}/{order_id}")
    answer = client_of(tom).delete(f"{door}/{order_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_NOT_WORKING")


def test_a_stranger_cancels_nothing(place, door, mallory, client_of):
    order_id = place().json()["id"]
    assert client_of(mallory).delete(f"{door}/{order_id}").status_code == 404
    assert Order.objects.get().status == "pending"


@pytest.mark.parametrize(("status", "many"), [("pending", 1), ("PENDING", 1), ("cancelled", 0), ("canceled", 0)])
def test_the_list_is_narrowed_by_status(place, door, tom, client_of, status, many):
    place()
    assert client_of(tom).get(f"{door}?status={status}").json()["total"] == many
