"""POST /bots/{id}/terminate: all of its coin on all of its accounts is ended, and what is left is told."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share, TradingAccount
from accounts.selectors.ledger import reconcile
from bots.services import terminate as terminating
from bots.services.bots import change_status
from bots.services.connections import connect_account, connect_group
from conftest import NOW
from core.models import Event
from market.models import Instrument
from trading import brokers
from trading.models import Order, OrderSide, OrderType, Position, ScopeType, SwitchState
from trading.services import terminate_coin
from trading.services.orders import OrderRequest, place_order
from trading.services.scopes import turn_switch
from trading.tests import venue as answers
from trading.tests.venue import Venue

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

KEYED = {"HTTP_IDEMPOTENCY_KEY": "k"}
DONE = {"success": True, "terminated_accounts": 2, "errors": []}


@pytest.fixture
def accounts(tom, account_of):
    return [account_of(tom, name=name) for name in ("One", "Two")]


@pytest.fixture
def bot(tom, accounts, bot_of, group_of):
    """An active bot that trades BTC on one account by itself and on one of a group."""
    bot = bot_of(tom)
    connect_account(bot, accounts[0])
    connect_group(bot, group_of(accounts[1]))
    return change_status(bot.id, "active")


@pytest.fixture
def terminate(bot, tom, client_of):
    def post(user=tom, headers=None, **body):
        return client_of(user).post(f"/api/v1/bots/{bot.id}/terminate", body, **headers or {})

    return post


def place(account, side="buy", quantity="0.1", symbol="BTCUSDT", **asked):
    instrument = Instrument.objects.get(symbol=symbol)
    request = OrderRequest(
        side=OrderSide(side), instrument=instrument, quantity=Decimal(quantity), leverage=10, **asked
    )
    return place_order(account, request=request, clock=lambda: NOW)


def rest(account, **asked):
    return place(account, order_type=OrderType.LIMIT, price=Decimal(40000), **asked)


def held():
    return sorted(Position.objects.open().values_list("instrument__symbol", flat=True))


def test_all_of_its_coin_is_closed_on_all_of_its_accounts(terminate, bot, accounts):
    place(accounts[0], bot_id=bot.id)
    place(accounts[1], "sell", bot_id=bot.id)
    answer = terminate()
    assert (answer.status_code, answer.json(), held()) == (200, DONE, [])
    closing = Order.objects.filter(origin="flatten")
    assert set(closing.values_list("reduce_only", "bot_id")) == {(True, bot.id)}
    assert [reconcile(account).difference for account in accounts] == [0, 0]


def test_other_coins_and_other_accounts_are_left_alone(terminate, accounts, tom, account_of):
    place(accounts[0], "sell", "1", "ETHUSDT")
    elsewhere = account_of(tom, name="Elsewhere")
    place(elsewhere)
    resting = rest(elsewhere)
    ether = place(accounts[0], "sell", "1", "ETHUSDT", order_type=OrderType.STOP, stop_price=Decimal(2000))
    assert (terminate().json(), held()) == (DONE, ["BTCUSDT", "ETHUSDT"])
    assert [Order.objects.get(pk=order.pk).status for order in (resting, ether)] == ["pending", "pending"]


def test_another_market_of_its_coin_is_ended_too(terminate, accounts, still_market):
    still_market.set("BTC-USD", "50000")
    place(accounts[0], symbol="BTC-USD")
    assert (terminate().json(), held()) == (DONE, [])


def test_orders_at_work_are_cancelled(terminate, bot, accounts):
    orders = [rest(accounts[0], bot_id=bot.id), rest(accounts[1])]
    assert terminate().json() == DONE
    found = Order.objects.filter(pk__in=[order.pk for order in orders]).values_list("status", "reject_reason")
    assert set(found) == {("cancelled", "The bot was terminated.")}


def test_what_was_bought_by_hand_is_closed_in_nobodys_name(terminate, bot, accounts, vic):
    place(accounts[0])
    Share.objects.create(user=vic, scope_type="bot", scope_id=bot.id)
    assert (terminate().json(), held()) == (DONE, [])
    assert Order.objects.get(origin="flatten").bot_id is None
    assert not Position.objects.visible_to(vic).exists()


def test_a_bot_that_holds_nothing_is_terminated_already(terminate):
    assert terminate().json() == DONE


def test_a_bot_on_no_account_has_nothing_to_end(tom, bot_of, client_of):
    answer = client_of(tom).post(f"/api/v1/bots/{bot_of(tom).id}/terminate").json()
    assert answer == {"success": True, "terminated_accounts": 0, "errors": []}


def test_what_has_no_price_stays_and_is_told(terminate, accounts, still_market):
    place(accounts[0])
    still_market.prices.clear()
    error = {
        "account_id": str(accounts[0].id),
        "symbol": "BTCUSDT",
        "code": "STALE_QUOTE",
        "detail": "There is no fresh price of BTCUSDT.",
    }
    assert terminate().json() == {"success": False, "terminated_accounts": 1, "errors": [error]}
    assert held() == ["BTCUSDT"]


def test_one_accounts_trouble_does_not_stop_the_others(terminate, bot, accounts, monkeypatch):
    [place(account, bot_id=bot.id) for account in accounts]
    paper, broken = brokers.broker_for("paper"), accounts[0].id
    real = type(paper).place

    def place_all(self, tickets):
        assert all(ticket.account.id != broken for ticket in tickets)
        return real(self, tickets)

    monkeypatch.setattr(type(paper), "place", place_all)
    body = terminate().json()
    assert {(each["account_id"], each["code"]) for each in body["errors"]} == {(str(broken), "INTERNAL")}
    assert (body["terminated_accounts"], Position.objects.open().get().account_id) == (1, broken)


def test_an_order_that_comes_meanwhile_is_no_failure(terminate, bot, accounts, monkeypatch):
    place(accounts[0], bot_id=bot.id)
    real, comes = terminate_coin.flatten, iter([accounts[0]])

    def flatten(*args, **kwargs):
        closings = real(*args, **kwargs)
        [place(account) for account in comes]
        return closings

    monkeypatch.setattr(terminate_coin, "flatten", flatten)
    assert (terminate().json(), held()) == (DONE, ["BTCUSDT"])


def test_an_order_that_its_venue_keeps_is_told(terminate, accounts, monkeypatch):
    venue = Venue()
    monkeypatch.setitem(brokers._BROKERS, "fake", venue)
    TradingAccount.objects.update(exchange="fake")
    venue.answers = answers.pending
    place(TradingAccount.objects.get(pk=accounts[0].pk))
    body = terminate().json()
    assert (body["success"], [each["code"] for each in body["errors"]]) == (False, ["PENDING"])


@pytest.mark.parametrize("status", ["submitting", "unknown"])
def test_an_order_that_may_yet_be_filled_is_told(terminate, accounts, status):
    order = rest(accounts[0])
    Order.objects.filter(pk=order.pk).update(status=status)
    body = terminate().json()
    assert (body["success"], [(each["symbol"], each["code"]) for each in body["errors"]]) == (
        False,
        [("BTCUSDT", status.upper())],
    )


@pytest.mark.parametrize("state", [SwitchState.REDUCING, SwitchState.HALTED])
def test_no_switch_stops_it(terminate, bot, accounts, state):
    place(accounts[0], bot_id=bot.id)
    turn_switch(ScopeType.BOT, bot.id, state=state, reason="test")
    assert (terminate().json(), held()) == (DONE, [])


def test_its_stream_is_told(terminate, bot):
    terminate()
    event = Event.objects.filter(stream=f"bot:{bot.id}").latest("id")
    fact = {"type": "BotTerminated", "bot_id": str(bot.id), "terminated_accounts": 2, "errors": 0}
    assert event.message["data"]["facts"] == [fact]


def test_its_state_stays(terminate, bot):
    terminate()
    bot.refresh_from_db()
    assert bot.status == "active"


def test_a_body_that_names_a_part_does_not_end_all(terminate, accounts):
    place(accounts[0])
    assert (terminate(symbol="BTCUSDT").status_code, held()) == (422, ["BTCUSDT"])


@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("eve", 403)])
def test_who_may_not_terminate(terminate, accounts, request, who, status):
    place(accounts[0])
    assert (terminate(request.getfixturevalue(who)).status_code, held()) == (status, ["BTCUSDT"])


def test_a_bot_that_is_shared_is_not_terminated(terminate, bot, accounts, mallory):
    place(accounts[0])
    Share.objects.create(user=mallory, scope_type="bot", scope_id=bot.id)
    answer = terminate(mallory)
    assert (answer.status_code, answer.json()["code"], held()) == (403, "READ_ONLY", ["BTCUSDT"])


def test_the_same_key_ends_it_once_and_is_answered_the_same(terminate, accounts):
    place(accounts[0])
    first = terminate(headers=KEYED)
    place(accounts[0])
    again = terminate(headers=KEYED)
    assert (again.json(), again["Idempotent-Replayed"], held()) == (first.json(), "true", ["BTCUSDT"])


def test_a_key_whose_process_died_is_told_what_is_left(terminate, accounts, monkeypatch):
    place(accounts[0])
    rest(accounts[1])

    def die(*args, **kwargs):
        raise SystemExit

    monkeypatch.setattr(terminating, "terminate_coin", die)
    with pytest.raises(SystemExit):
        terminate(headers=KEYED)
    body = terminate(headers=KEYED).json()
    assert (body["success"], body["terminated_accounts"]) == (False, 0)
    assert [(each["account_id"], each["code"]) for each in body["errors"]] == [
        (str(accounts[0].id), "OPEN"),
        (str(accounts[1].id), "PENDING"),
    ]


def test_the_statements_do_not_grow_with_the_accounts(terminate, bot, accounts, tom, account_of):
    [place(account, bot_id=bot.id) for account in accounts]
    with CaptureQueriesContext(connection) as few:
        assert terminate().json() == DONE
    others = [account_of(tom, name=str(number)) for number in range(20)]
    [connect_account(bot, account) for account in others]
    [place(account, bot_id=bot.id) for account in (*accounts, *others)]
    with CaptureQueriesContext(connection) as many:
        assert terminate().json()["terminated_accounts"] == 22
    assert len(many) == len(few)


def test_an_order_in_a_bots_name_is_in_its_coin(bot, accounts, client_of, tom):
    asked = {"bot_id": str(bot.id), "account_id": str(accounts[0].id), "side": "buy", "quantity": "0.1"}
    of_another = asked | {"symbol": "ETHUSDT"}
    for path, body in (("orders", of_another), ("trading/preview", {"order": of_another})):
        answer = client_of(tom).post(f"/api/v1/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "SYMBOL_NOT_ALLOWED")
        assert answer.json()["errors"] == {"symbol": ["The bot trades BTC; ETHUSDT is ETH."]}
    assert client_of(tom).post("/api/v1/orders", asked | {"symbol": "BTCUSDT"}).status_code == 201
