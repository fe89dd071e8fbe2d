"""Orders over HTTP, through both doors: /orders and /accounts/{id}/orders."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from market.models import Instrument
from trading.models import Order, Position, ScopeType
from trading.services.scopes import set_covered_accounts

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.1", "leverage": 10}
FIELDS = {
    *("id", "account_id", "bot_id", "signal_id", "client_order_id", "instrument_id", "symbol", "side", "order_type"),
    *("quantity", "size", "price", "stop_price", "stop_loss", "take_profit", "leverage", "time_in_force"),
    *("reduce_only", "post_only", "origin", "status", "filled_quantity", "average_price", "commission", "reject_code"),
    *("created_at", "updated_at", "triggered_at"),
}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture(params=["by body", "by path"])
def post(request, account, client_of):
    """POST an order as a user, through one door and the other: `post(tom, **body)`."""

    def by(user, target=account, **body):
        address, named = {
            "by body": ("/api/v1/orders", {"account_id": str(target.id)}),
            "by path": (f"/api/v1/accounts/{target.id}/orders", {}),
        }[request.param]
        return client_of(user).post(address, {**named, **body})

    return by


def test_an_order_is_answered_with_all_that_became_of_it(tom, account, post):
    answer = post(tom, **BUY)
    body = answer.json()
    assert (answer.status_code, set(body)) == (201, FIELDS)
    assert (body["status"], body["quantity"], body["size"], body["filled_quantity"]) == ("filled", *["0.1"] * 3)
    assert (body["average_price"], body["commission"], body["order_type"]) == ("50000", "1", "market")
    assert (body["account_id"], body["bot_id"], body["signal_id"]) == (str(account.id), None, None)


@pytest.mark.parametrize(
    "asked",
    [
        {"side": "BUY"},
        {"order_type": "MARKET"},
        {"size": "0.1", "quantity": None},
        {"quantity": 0.1},
        {"symbol": "BINANCE:BTCUSDT.P"},
        {"symbol": "btc/usdt"},
        {"stop_loss": None, "take_profit": None},
        {"stop_loss": "49000", "take_profit": 51000},
        {"client_order_id": "My.own_id-1"},
    ],
    ids=str,
)
def test_what_may_be_said_in_other_words(tom, post, asked):
    body = {name: value for name, value in {**BUY, **asked}.items() if value is not None or "loss" in name}
    answer = post(tom, **body)
    assert (answer.status_code, answer.json()["quantity"]) == (201, "0.1")


def test_an_instrument_may_be_named_by_its_id(tom, post, btcusdt):
    body = {name: value for name, value in BUY.items() if name != "symbol"}
    assert post(tom, instrument_id=str(btcusdt.id), **body).json()["symbol"] == "BTCUSDT"


WRONG = [
    ("side", {"side": "up"}),
    ("side", {"side": None}),
    ("order_type", {"order_type": "iceberg"}),
    ("quantity", {"quantity": "0"}),
    ("quantity", {"quantity": "-1"}),
    ("quantity", {"quantity": "NaN"}),
    ("quantity", {"quantity": "1e-9"}),
    ("quantity", {"quantity": "1e30"}),
    ("quantity", {"quantity": "0.0001"}),
    ("quantity", {"quantity": []}),
    ("quantity", {"size": "0.1"}),
    ("leverage", {"leverage": 0}),
    ("leverage", {"leverage": 101}),
    ("leverage", {"leverage": "1.5"}),
    ("stop_loss", {"stop_loss": "49000.05"}),
    ("take_profit", {"take_profit": "-1"}),
    ("reduce_only", {"reduce_only": "perhaps"}),
    ("client_order_id", {"client_order_id": "x" * 37}),
    ("client_order_id", {"client_order_id": "a b"}),
    ("client_order_id", {"client_order_id": ""}),
    ("symbol", {"instrument_id": "00000000-0000-4000-8000-000000000000"}),
    ("stop_loss", {"stop_loss": "51000"}),
    ("take_profit", {"take_profit": "49000"}),
    ("price", {"price": "50000"}),
    ("price", {"order_type": "limit"}),
    ("price", {"order_type": "limit", "price": "50000.05"}),
    ("price", {"order_type": "limit", "price": "0"}),
    ("price", {"order_type": "limit", "price": "-1"}),
    ("price", {"order_type": "limit", "price": "Infinity"}),
    ("price", {"order_type": "limit", "price": "1e400"}),
    ("stop_price", {"stop_price": "51000"}),
    ("stop_price", {"order_type": "stop"}),
    ("stop_price", {"order_type": "stop", "stop_price": "50000"}),
    ("stop_price", {"order_type": "stop", "stop_price": "49000"}),
    ("stop_price", {"order_type": "stop", "side": "sell", "stop_price": "51000"}),
    ("stop_price", {"order_type": "stop", "stop_price": "51000.01"}),
    ("price", {"order_type": "stop_limit", "stop_price": "51000"}),
    ("post_only", {"post_only": True}),
    ("post_only", {"post_only": True, "order_type": "limit", "price": "49000", "time_in_force": "ioc"}),
    ("time_in_force", {"time_in_force": "gtd"}),
    ("bot_id", {"bot_id": "x"}),
    ("bot_id", {"bot_id": "00000000-0000-4000-8000-000000000000"}),
    ("status", {"status": "filled"}),
]


@pytest.mark.parametrize(("field", "asked"), WRONG, ids=str)
def test_a_wrong_field_is_a_422_that_names_it_and_leaves_no_row(tom, post, field, asked):
    answer = post(tom, **{**BUY, **asked})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not Order.objects.exists()


@pytest.mark.parametrize(("field", "left_out"), [("side", "side"), ("quantity", "quantity"), ("symbol", "symbol")])
def test_a_missing_field_is_a_422_that_names_it(tom, post, field, left_out):
    answer = post(tom, **{name: value for name, value in BUY.items() if name != left_out})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"quantity": "100"}, "INSUFFICIENT_MARGIN"),
        ({"reduce_only": True}, "NOTHING_TO_REDUCE"),
        ({"symbol": "SOLUSDT", "quantity": "1"}, "STALE_QUOTE"),
    ],
)
def test_what_a_check_refuses_is_a_400_with_its_code_and_leaves_no_row(tom, post, asked, code):
    answer = post(tom, **{**BUY, **asked})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Order.objects.exists()


def test_an_unknown_symbol_leaves_no_row(tom, post):
    answer = post(tom, **{**BUY, "symbol": "NOSUCHCOIN"})
    assert answer.status_code in {404, 422}
    assert not Order.objects.exists()


def test_an_unknown_instrument_is_a_404(tom, post):
    body = {name: value for name, value in BUY.items() if name != "symbol"}
    assert post(tom, instrument_id="00000000-0000-4000-8000-000000000000", **body).status_code == 404


@pytest.mark.parametrize("named", ["symbol", "instrument_id"])
def test_a_suspended_instrument_opens_nothing_by_either_name(tom, post, btcusdt, named):
    Instrument.objects.update(status="suspended")
    body = {**BUY, "symbol": None, named: {"symbol": "BTCUSDT", "instrument_id": str(btcusdt.id)}[named]}
    answer = post(tom, **{name: value for name, value in body.items() if value is not None})
    assert (answer.status_code, answer.json()["code"]) == (400, "INSTRUMENT_SUSPENDED")
    assert not Order.objects.exists()


def test_a_used_client_order_id_is_a_409_that_names_the_first(tom, post):
    first = post(tom, client_order_id="mine-1", **BUY).json()
    answer = post(tom, client_order_id="mine-1", **BUY)
    assert (answer.status_code, answer.json()["code"]) == (409, "DUPLICATE_CLIENT_ORDER_ID")
    assert first["id"] in answer.json()["detail"]
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("eve", 403), ("ada", 201)])
def test_who_may_trade_an_account_of_somebody_else(account, post, request, who, status):
    assert post(request.getfixturevalue(who), **BUY).status_code == status
    assert Order.objects.count() == (1 if status == 201 else 0)


@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_lets_nobody_trade(account, post, request, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="account", scope_id=account.id)
    assert (post(user, **BUY).status_code, Order.objects.count()) == (403, 0)


def test_an_account_that_is_not_there_is_a_404(tom, post):
    class Nowhere:
        id = uuid.UUID(int=4)

    assert post(tom, target=Nowhere, **BUY).status_code == 404


def test_path_and_body_must_name_the_same_account(account, tom, account_of, client_of):
    other = account_of(tom)
    address = f"/api/v1/accounts/{account.id}/orders"
    answer = client_of(tom).post(address, {**BUY, "account_id": str(other.id)})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["account_id"])
    assert not Order.objects.exists()


@pytest.mark.parametrize("covered", [0, 2])
def test_a_bot_without_just_one_account_needs_one_named(tom, account_of, client_of, covered):
    bot_id = uuid.UUID(int=4)
    set_covered_accounts(ScopeType.BOT, bot_id, [account_of(tom).id for _ in range(covered)])
    answer = client_of(tom).post("/api/v1/orders", {**BUY, "bot_id": str(bot_id)})
    assert (answer.status_code, answer.json()["code"]) == (422, "ACCOUNT_REQUIRED")
    assert not Order.objects.exists()


def test_a_bot_with_one_account_names_it(account, tom, client_of):
    bot_id = uuid.UUID(int=4)
    set_covered_accounts(ScopeType.BOT, bot_id, [account.id])
    body = client_of(tom).post("/api/v1/orders", {**BUY, "bot_id": str(bot_id)}).json()
    assert (body["account_id"], body["bot_id"]) == (str(account.id), str(bot_id))


def test_somebody_elses_bot_trades_nothing_for_me(account, mallory, client_of):
    bot_id = uuid.UUID(int=4)
    set_covered_accounts(ScopeType.BOT, bot_id, [account.id])
    asked = [{**BUY, "bot_id": str(each)} for each in (bot_id, uuid.UUID(int=5))]
    of_tom, of_nobody = [client_of(mallory).post("/api/v1/orders", body) for body in asked]
    assert (of_tom.status_code, of_tom.json()["code"]) == (422, "ACCOUNT_REQUIRED")
    assert of_tom.json()["errors"] == of_nobody.json()["errors"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("bot_id", [uuid.UUID(int=4), uuid.UUID(int=5)])
def test_nobody_learns_which_bot_trades_an_account_of_others(account, mallory, client_of, bot_id):
    set_covered_accounts(ScopeType.BOT, uuid.UUID(int=4), [account.id])
    named = {"bot_id": str(bot_id), "account_id": str(account.id)}
    assert client_of(mallory).post("/api/v1/orders", {**BUY, **named}).status_code == 404


def test_a_bot_of_an_account_that_is_shown_to_one_is_for_reading(account, mallory, client_of):
    bot_id = uuid.UUID(int=4)
    set_covered_accounts(ScopeType.BOT, bot_id, [account.id])
    Share.objects.create(user=mallory, scope_type="account", scope_id=account.id)
    answer = client_of(mallory).post("/api/v1/orders", {**BUY, "bot_id": str(bot_id)})
    assert (answer.status_code, answer.json()["code"]) == (403, "READ_ONLY")


def test_an_order_off_the_list_of_nobody_but_its_owner(account, order_of, tom, ada, mallory, client_of):
    order = order_of(account, "buy", "0.1")
    found = [client_of(user).get(f"/api/v1/orders/{order.id}").status_code for user in (tom, ada, mallory)]
    assert found == [200, 200, 404]


@pytest.mark.parametrize("who", ["vic", "eve", "mallory"])
def test_a_share_lets_read_the_orders(account, order_of, request, client_of, who):
    order, user = order_of(account, "buy", "0.1"), request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="account", scope_id=account.id)
    api = client_of(user)
    assert api.get("/api/v1/orders").json()["items"][0]["id"] == str(order.id)
    assert api.get(f"/api/v1/accounts/{account.id}/orders/{order.id}").status_code == 200


def test_an_order_is_not_found_below_another_account(account, order_of, tom, account_of, client_of):
    order, other = order_of(account, "buy", "0.1"), account_of(tom)
    assert client_of(tom).get(f"/api/v1/accounts/{other.id}/orders/{order.id}").status_code == 404


@pytest.mark.parametrize("who", ["mallory", "vic"])
def test_a_strangers_list_is_empty_and_the_accounts_list_a_404(account, order_of, request, client_of, who):
    order_of(account, "buy", "0.1")
    api = client_of(request.getfixturevalue(who))
    assert api.get("/api/v1/orders").json()["total"] == 0
    assert api.get(f"/api/v1/accounts/{account.id}/orders").status_code == 404


@pytest.mark.parametrize("address", ["/api/v1/orders", "/api/v1/accounts/{}/orders"])
def test_the_list_is_newest_first_and_in_pages(account, order_of, tom, client_of, address):
    ids = [str(order_of(account, "buy", "0.001").id) for _ in range(3)]
    Order.objects.filter(pk=ids[1]).update(created_at="2030-01-01T00:00:00Z")
    body = client_of(tom).get(address.format(account.id), {"limit": 2}).json()
    assert (body["items"][0]["id"], len(body["items"]), body["total"]) == (ids[1], 2, 3)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"symbol": "BTCUSDT"}, 2),
        ({"symbol": "btc-usdt"}, 2),
        ({"symbol": "ETHUSDT"}, 1),
        ({"status": "FILLED"}, 3),
        ({"status": "canceled"}, 0),
        ({"status": "rejected"}, 0),
        ({"bot_id": "00000000-0000-4000-8000-000000000000"}, 0),
    ],
    ids=str,
)
def test_the_list_can_be_filtered(account, order_of, tom, client_of, query, found):
    eth = Instrument.objects.get(symbol="ETHUSDT")
    made = [
        order_of(account, "buy", "0.1"),
        order_of(account, "sell", "0.1"),
        order_of(account, "buy", "1", instrument=eth),
    ]
    assert (client_of(tom).get("/api/v1/orders", query).json()["total"], len(made)) == (found, 3)


def test_of_two_markets_of_one_symbol_the_category_decides(account, order_of, tom, client_of, btcusdt):
    spot = Instrument.objects.get(pk=btcusdt.pk)
    spot.pk, spot.kind, spot._state.adding = uuid.uuid4(), "spot", True
    spot.save()
    made = [order_of(account, "buy", "0.1", instrument=each) for each in (spot, btcusdt, btcusdt)]
    queries = [{}, {"category": "SPOT"}, {"symbol": "btc/usdt", "category": "spot"}, {"symbol": "BTCUSDT"}]
    totals = [client_of(tom).get("/api/v1/orders", query).json()["total"] for query in queries]
    assert (totals, len(made)) == ([3, 1, 1, 2], 3)


def test_the_list_can_be_filtered_by_account(account, order_of, tom, account_of, client_of):
    order_of(account, "buy", "0.1")
    order_of(account_of(tom), "buy", "0.1")
    assert client_of(tom).get("/api/v1/orders", {"account_id": str(account.id)}).json()["total"] == 1


def test_orders_of_an_instrument_that_was_suspended_are_still_found(account, order_of, tom, client_of):
    order_of(account, "buy", "0.1")
    Instrument.objects.update(status="suspended")
    answer = client_of(tom).get("/api/v1/orders", {"symbol": "BTCUSDT"})
    assert (answer.status_code, answer.json()["total"]) == (200, 1)


@pytest.mark.parametrize(
    "query", [{"status": "x"}, {"account_id": "x"}, {"bot_id": "1"}, {"category": "x"}, {"symbol": "\x00"}], ids=str
)
def test_a_filter_that_makes_no_sense_is_a_422(account, tom, client_of, query):
    answer = client_of(tom).get("/api/v1/orders", query)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(query))


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("address", ["/api/v1/orders", "/api/v1/accounts/{}/orders"])
def test_the_statements_of_the_list_do_not_grow_with_the_orders(account, order_of, tom, client_of, address):
    api, address = client_of(tom), address.format(account.id)
    order_of(account, "buy", "0.001")
    few = statements(api, address)
    made = [order_of(account, "buy", "0.001") for _ in range(20)]
    assert (statements(api, address), len(made)) == (few, 20)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_an_order_is_not_changed_by_hand(account, order_of, tom, client_of, method):
    order = order_of(account, "buy", "0.1")
    before = Order.objects.values().get()
    getattr(client_of(tom), method)(f"/api/v1/orders/{order.id}", {"status": "cancelled"})
    assert (Order.objects.values().get(), Position.objects.count()) == (before, 1)


@pytest.mark.parametrize("name", ["quantity", "size"])
def test_a_size_that_no_book_holds_is_a_422_that_says_how_much_is_too_much(tom, account_of, client_of, name):
    asked = {"account_id": str(account_of(tom).id), "symbol": "BTCUSDT", "side": "buy", name: "1000000000"}
    answer = client_of(tom).post("/api/v1/orders", asked)
    # 92,233,720,368.54775807 is the most that is stored of money, at 50,000 each
    sentence = "1000000000 BTC is too large: at most 1844674.407 can be traded."
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_SIZE")
    assert answer.json()["errors"] == {name: [sentence]}
    assert not Order.objects.exists()


@pytest.mark.parametrize("name", ["size", "quantity"])
def test_an_amount_off_its_lot_is_named_as_it_was_sent(account, tom, client_of, name):
    asked = {"account_id": str(account.id), "symbol": "BTCUSDT", "side": "buy", name: "0.10000001"}
    for path, body in (("orders", asked), ("trading/preview", {"order": asked})):
        answer = client_of(tom).post(f"/api/v1/{path}", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])
