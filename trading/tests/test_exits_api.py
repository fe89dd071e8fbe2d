"""PATCH /accounts/{id}/positions/{position_id}: the stop-loss and the take-profit of what is held."""

import uuid
from decimal import Decimal

import pytest

from accounts.models import Share
from core.models import Event
from trading.models import Position, ScopeType, SwitchState
from trading.services.scopes import turn_switch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def patch(account, tom, client_of):
    """Change the exits of the account's position: `patch(stop_loss="49000")`."""

    def send(client=None, position=None, **body):
        position_id = position or Position.objects.get(account=account).id
        address = f"/api/v1/accounts/{account.id}/positions/{position_id}"
        return (client or client_of(tom)).patch(address, body)

    return send


@pytest.fixture
def long(account, order_of):
    return order_of(account, "buy", "0.1")


@pytest.fixture
def short(account, order_of):
    return order_of(account, "sell", "0.1")


def exits():
    return Position.objects.values_list("stop_loss", "take_profit").get()


def test_both_exits_are_set(long, patch):
    answer = patch(stop_loss="49000", take_profit=51000)
    body = answer.json()
    assert (answer.status_code, body["stop_loss"], body["take_profit"]) == (200, "49000", "51000")
    assert exits() == (Decimal(49000), Decimal(51000))
    assert (body["size"], body["current_price"]) == ("0.1", "50000")


def test_what_is_not_named_stays(long, patch):
    patch(stop_loss="49000", take_profit="51000")
    patch(stop_loss="49500")
    assert exits() == (Decimal(49500), Decimal(51000))


def test_null_takes_one_away(long, patch, still_market):
    patch(stop_loss="49000", take_profit="51000")
    still_market.prices.clear()  # which needs no price
    assert patch(stop_loss=None).status_code == 200
    assert exits() == (None, Decimal(51000))


def test_the_market_is_waited_for_at_the_exits_from_then_on(long, patch):
    patch(stop_loss="49000", take_profit="51000")
    assert Position.objects.values_list("falls_to", "rises_to").get() == (Decimal(49000), Decimal(51000))
    patch(stop_loss="49500", take_profit=None)
    assert Position.objects.values_list("falls_to", "rises_to").get() == (Decimal(49500), None)


@pytest.mark.parametrize(
    ("side", "name", "right", "wrong"),
    [
        ("long", "stop_loss", "49989.9", "49990"),  # a long is left at the bid
        ("long", "take_profit", "49990.1", "49990"),
        ("short", "stop_loss", "50010.1", "50010"),  # a short at the ask
        ("short", "take_profit", "50009.9", "50010"),
    ],
)
def test_an_exit_lies_on_its_side_of_the_market(request, patch, still_market, side, name, right, wrong):
    request.getfixturevalue(side)
    still_market.set("BTCUSDT", "49990", "50010")
    refused = patch(**{name: wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, f"INVALID_{name.upper()}")
    assert (list(refused.json()["errors"]), exits()) == ([name], (None, None))
    assert patch(**{name: right}).status_code == 200


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("stop_loss", {"stop_loss": "49000.05"}),
        ("take_profit", {"take_profit": "0"}),
        ("take_profit", {"take_profit": "NaN"}),
        ("stop_loss", {"stop_loss": "-1"}),
        ("size", {"size": "0.2"}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_changes_nothing(long, patch, field, body):
    answer = patch(**{"take_profit": "51000", **body})
    assert (answer.status_code, list(answer.json()["errors"]), exits()) == (422, [field], (None, None))


def test_without_a_fresh_price_no_side_can_be_told(long, patch, still_market):
    still_market.prices.clear()
    assert (patch(stop_loss="49000").json()["code"], exits()) == ("STALE_QUOTE", (None, None))


def test_a_closed_position_is_a_409(long, patch, account, order_of):
    order_of(account, "sell", "0.1")
    answer = patch(stop_loss="49000")
    assert (answer.status_code, answer.json()["code"]) == (409, "POSITION_CLOSED")


def test_a_position_of_another_account_or_of_none_is_a_404(long, patch, tom, account_of, order_of):
    other = account_of(tom, name="Other")
    order_of(other, "buy", "0.1")
    ids = [Position.objects.get(account=other).id, uuid.uuid4()]
    assert [patch(position=key, stop_loss="49000").status_code for key in ids] == [404, 404]


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("mallory", 404), ("vic", 403), ("eve", 403)])
def test_who_may_change_them(long, patch, request, client_of, who, status):
    assert patch(client_of(request.getfixturevalue(who)), stop_loss="49000").status_code == status


def test_a_position_that_is_shared_is_not_changed(long, patch, account, mallory, client_of):
    Share.objects.create(user=mallory, scope_type="account", scope_id=account.id)
    assert (patch(client_of(mallory), stop_loss="49000").json()["code"], exits()) == ("READ_ONLY", (None, None))


def test_a_halt_does_not_keep_anybody_from_protecting_what_is_held(long, patch, account):
    turn_switch(ScopeType.ACCOUNT, account.id, state=SwitchState.HALTED, reason="test")
    assert patch(stop_loss="49000").status_code == 200


def test_the_stream_of_the_account_is_told(long, patch, account):
    Event.objects.all().delete()
    patch(stop_loss="49000")
    event = Event.objects.get()
    [fact] = event.message["facts"]
    assert (event.stream, fact["type"], fact["stop_loss"]) == (f"account:{account.id}", "PositionChanged", "49000")


def test_a_refusal_tells_nothing(long, patch):
    Event.objects.all().delete()
    patch(stop_loss="51000")
    assert not Event.objects.exists()
