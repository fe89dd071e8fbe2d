"""/order: the sandbox's round trips on the caller's default paper account."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from market.models import Instrument
from trading.models import Fill, Order, Position, ScopeType, SwitchState
from trading.services.scopes import turn_switch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

DOOR = "/api/v1/order"
BUY = {"symbol": "BTCUSDT", "quantity": "0.1"}
FIELDS = {
    *("id", "symbol", "quantity", "buy_price", "sell_price", "amount", "profit_loss", "profit_loss_percent"),
    *("status", "opened_at", "closed_at"),
}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def api(account, tom, client_of):
    return client_of(tom)


@pytest.fixture
def round_trip(api, still_market):
    """Buy at one price and sell at another: `round_trip("50000", "51000")`."""

    def trip(bought, sold, symbol="BTCUSDT", quantity="0.1"):
        still_market.set(symbol, bought)
        assert api.post(DOOR, {"symbol": symbol, "quantity": quantity}).status_code == 201
        still_market.set(symbol, sold)
        return api.delete(f"{DOOR}?symbol={symbol}").json()

    return trip


def test_a_buy_is_a_round_trip_that_is_active(api, account):
    answer = api.post(DOOR, BUY)
    body = answer.json()
    assert (answer.status_code, set(body)) == (201, FIELDS)
    assert (body["quantity"], body["buy_price"], body["amount"], body["sell_price"]) == ("0.1", "50000", "5000", None)
    assert (body["status"], body["closed_at"]) == ("active", None)
    # the fee: 5,000 × 0.0002
    assert (body["profit_loss"], body["profit_loss_percent"]) == ("-1", "-0.02")
    assert Position.objects.get(pk=body["id"]).leverage == 1


def test_an_amount_is_rounded_down_to_the_lot(api):
    # 1,234.56 ÷ 50,000 = 0.0246912
    body = api.post(DOOR, {"symbol": "BTCUSDT", "amount": "1234.56"}).json()
    assert (body["quantity"], body["amount"]) == ("0.024", "1200")


def test_what_is_asked_may_stand_in_the_query(api):
    assert api.post(f"{DOOR}?symbol=BTCUSDT&quantity=0.1").json()["quantity"] == "0.1"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("quantity", {"symbol": "BTCUSDT"}),
        ("quantity", {**BUY, "amount": "100"}),
        ("quantity", {**BUY, "quantity": "0"}),
        ("quantity", {**BUY, "quantity": "0.0001"}),
        ("amount", {"symbol": "BTCUSDT", "amount": "-1"}),
        ("amount", {"symbol": "BTCUSDT", "amount": "NaN"}),
        ("symbol", {"quantity": "0.1"}),
        ("leverage", {**BUY, "leverage": 5}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_leaves_no_row(api, field, body):
    answer = api.post(DOOR, body)
    assert (answer.status_code, list(answer.json()["errors"]), Order.objects.count()) == (422, [field], 0)


def test_an_unknown_symbol_is_a_404(api):
    assert api.post(DOOR, {**BUY, "symbol": "NONE"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**BUY, "quantity": "0.2"}, "INSUFFICIENT_MARGIN"),
        ({"symbol": "BTCUSDT", "amount": "1"}, "BELOW_MINIMUM"),
        ({"symbol": "SPX-FUT", "quantity": "1"}, "STALE_QUOTE"),
    ],
)
def test_what_the_desk_refuses_keeps_its_code(api, body, code):
    answer = api.post(DOOR, body)
    assert (answer.status_code, answer.json()["code"], Order.objects.count()) == (400, code, 0)


def test_what_the_market_does_not_take_at_once_is_not_bought_later(api):
    Instrument.objects.filter(symbol="BTCUSDT").update(liquidity="0.04")
    body = api.post(DOOR, BUY).json()
    assert (body["quantity"], Order.objects.get().status) == ("0.04", "expired")


def test_a_second_one_on_the_symbol_is_a_409(api):
    api.post(DOOR, BUY)
    answer = api.post(DOOR, BUY)
    assert (answer.status_code, answer.json()["code"], Order.objects.count()) == (409, "ORDER_ACTIVE", 1)


def test_one_on_another_symbol_is_not(api):
    api.post(DOOR, {**BUY, "quantity": "0.01"})
    assert api.post(DOOR, {"symbol": "ETHUSDT", "quantity": "0.1"}).status_code == 201


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_position_that_was_opened_elsewhere_is_in_the_way_too(api, account, order_of, side):
    order_of(account, side, "0.01")
    assert api.post(DOOR, BUY).json()["code"] == "ORDER_ACTIVE"


def test_after_the_first_is_closed_another_is_bought(api, round_trip):
    round_trip("50000", "50000")
    assert api.post(DOOR, BUY).status_code == 201


def test_a_sale_closes_it_and_tells_the_profit(round_trip):
    # bought for 5,000, sold for 5,100; fees 1 + 1.02
    body = round_trip("50000", "51000")
    assert (body["status"], body["sell_price"], body["quantity"]) == ("closed", "51000", "0.1")
    assert (body["profit_loss"], body["profit_loss_percent"]) == ("97.98", "1.96")
    assert body["closed_at"] is not None


def test_a_sale_may_name_its_symbol_in_the_body(api):
    api.post(DOOR, BUY)
    assert api.delete(DOOR, {"symbol": "BTCUSDT"}).json()["status"] == "closed"


def test_with_nothing_to_close_it_is_a_404(api):
    answer = api.delete(f"{DOOR}?symbol=BTCUSDT")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOTHING_TO_CLOSE")


def test_a_short_is_no_round_trip(api, account, order_of):
    order_of(account, "sell", "0.01")
    assert api.delete(f"{DOOR}?symbol=BTCUSDT").status_code == 404
    assert api.get(DOOR).json()["total"] == 0


def test_a_sale_without_a_symbol_is_a_422(api):
    assert list(api.delete(DOOR).json()["errors"]) == ["symbol"]


def test_a_halt_stops_both(api):
    api.post(DOOR, BUY)
    turn_switch(ScopeType.SYSTEM, None, state=SwitchState.HALTED, reason="test")
    answers = [api.post(DOOR, {**BUY, "symbol": "ETHUSDT"}), api.delete(f"{DOOR}?symbol=BTCUSDT")]
    assert [answer.json()["code"] for answer in answers] == ["HALTED", "HALTED"]


@pytest.mark.parametrize(
    "ask", [lambda c: c.post(DOOR, BUY), lambda c: c.get(DOOR), lambda c: c.delete(f"{DOOR}?symbol=BTCUSDT")]
)
def test_without_a_default_account_there_is_nothing(mallory, client_of, ask):
    answer = ask(client_of(mallory))
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_DEFAULT_ACCOUNT")


@pytest.mark.parametrize("change", [{"exchange": "fake"}, {"deleted_at": "2026-01-01T00:00:00Z"}], ids=str)
def test_the_default_account_is_a_living_one_on_paper(api, account, change):
    TradingAccount.objects.update(**change)
    assert api.post(DOOR, BUY).json()["code"] == "NO_DEFAULT_ACCOUNT"


def test_an_admin_trades_their_own_account_alone(account, ada, client_of):
    assert client_of(ada).post(DOOR, BUY).status_code == 404


@pytest.mark.parametrize("who", ["vic", "eve"])
def test_who_may_only_read_cannot_trade(request, account_of, client_of, who):
    user = request.getfixturevalue(who)
    account_of(user)
    answers = [client_of(user).post(DOOR, BUY), client_of(user).delete(f"{DOOR}?symbol=BTCUSDT")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert client_of(user).get(DOOR).status_code == 200


def test_the_same_key_buys_once(api):
    first, again = (api.post(DOOR, BUY, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
    assert (again.content, again["Idempotent-Replayed"], Order.objects.count()) == (first.content, "true", 1)


def test_the_list_sums_up_what_it_shows(api, round_trip, still_market):
    # won: 100 − 2.02 of fees; lost: −100 − 1.98; at 49,000 bought for 4,900 and now worth 5,000: 100 − 0.98
    round_trip("50000", "51000")
    round_trip("50000", "49000")
    api.post(DOOR, BUY)
    still_market.set("BTCUSDT", "50000")
    body = api.get(DOOR).json()
    assert [trip["status"] for trip in body["items"]] == ["active", "closed", "closed"]
    assert set(body) == {"items", "total", "limit", "offset", "aggregates"}
    assert body["aggregates"] == {
        "total_profit_loss": "95.02",
        "realized": "-4",
        "unrealized": "99.02",
        "active": 1,
        "closed": 2,
        "won": 1,
        "lost": 1,
        "win_rate": "50",
        "fees": "4.98",
    }


def test_the_aggregates_are_of_all_pages_and_the_items_of_one(api, round_trip):
    for _ in range(3):
        round_trip("50000", "51000")
    body = api.get(f"{DOOR}?limit=1&offset=1").json()
    assert (len(body["items"]), body["total"], body["aggregates"]["closed"]) == (1, 3, 3)


def test_an_empty_list_has_no_win_rate(api):
    aggregates = api.get(DOOR).json()["aggregates"]
    assert (aggregates["win_rate"], aggregates["total_profit_loss"], aggregates["fees"]) == (None, "0", "0")


def test_funding_is_part_of_the_profit(api, round_trip):
    round_trip("50000", "51000")
    Position.objects.update(funding=Decimal("-100"))
    body = api.get(DOOR).json()
    assert (body["items"][0]["profit_loss"], body["aggregates"]["realized"], body["aggregates"]["lost"]) == (
        "-2.02",
        "-2.02",
        1,
    )


def test_a_part_that_was_sold_counts_with_the_rest(api, account, order_of, still_market):
    # 0.1 for 5,000; 0.04 of it sold for 2,080: 80 won; the rest is worth 120 more; fees 1 + 0.416
    api.post(DOOR, BUY)
    still_market.set("BTCUSDT", "52000")
    order_of(account, "sell", "0.04", reduce_only=True)
    [trip] = api.get(DOOR).json()["items"]
    assert (trip["quantity"], trip["amount"], trip["buy_price"]) == ("0.1", "5000", "50000")
    assert (trip["sell_price"], trip["profit_loss"]) == ("52000", "198.584")


def test_without_a_price_there_is_no_profit_to_show(api, still_market):
    api.post(DOOR, BUY)
    still_market.prices.clear()
    body = api.get(DOOR).json()
    assert (body["items"][0]["profit_loss"], body["aggregates"]["unrealized"]) == (None, None)
    assert body["aggregates"]["total_profit_loss"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [("status=active", 1), ("status=CLOSED", 2), ("symbol=btc/usdt", 2), ("symbol=ETHUSDT&status=closed", 1)],
)
def test_filters_narrow_items_and_aggregates(api, round_trip, query, found):
    round_trip("50000", "51000")
    round_trip("2500", "2600", symbol="ETHUSDT", quantity="1")
    api.post(DOOR, {**BUY, "quantity": "0.01"})
    body = api.get(f"{DOOR}?{query}").json()
    aggregates = body["aggregates"]
    assert (body["total"], aggregates["active"] + aggregates["closed"]) == (found, found)


@pytest.mark.parametrize(("query", "field"), [("status=open", "status"), ("symbol=", "symbol"), ("limit=0", "limit")])
def test_a_filter_that_makes_no_sense_is_a_422(api, query, field):
    answer = api.get(f"{DOOR}?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_the_statements_of_the_list_are_fixed(api, round_trip):
    def counted():
        with CaptureQueriesContext(connection) as queries:
            assert api.get(DOOR).status_code == 200
        return len(queries)

    round_trip("50000", "51000")
    api.post(DOOR, {"symbol": "ETHUSDT", "quantity": "0.1"})
    few = counted()
    for _ in range(5):
        round_trip("50000", "51000")
    api.post(DOOR, {**BUY, "quantity": "0.01"})
    assert (counted(), api.get(DOOR).json()["total"]) == (few, 8)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_buys(api, account):
    start = threading.Barrier(10)

    def one(_):
        start.wait()
        try:
            return api.post(DOOR, {"symbol": "BTCUSDT", "amount": "500"})
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(one, range(10)))
    codes = Counter(answer.json().get("code", "") for answer in told)
    assert codes == {"": 1, "ORDER_ACTIVE": 9}
    assert (Order.objects.count(), Fill.objects.count(), reconcile(account).difference) == (1, 1, 0)


def test_the_instrument_of_the_contract_is_bought_in_its_own_lots(api, still_market):
    still_market.set("BTC-USD", "50000")
    lot = Instrument.objects.get(symbol="BTC-USD").lot_size
    body = api.post(DOOR, {"symbol": "BTC-USD", "amount": "100"}).json()
    assert Decimal(body["quantity"]) % lot == 0


def test_once_the_default_account_is_deleted_the_oldest_other_takes_its_place(api, account, account_of, tom):
    other = account_of(tom, name="second")
    api.delete(f"/api/v1/accounts/{account.id}")
    assert api.post(DOOR, BUY).status_code == 201
    assert Position.objects.get().account_id == other.id


def test_an_account_opened_after_all_were_deleted_is_the_default_one(api, account):
    api.delete(f"/api/v1/accounts/{account.id}")
    assert api.get(DOOR).json()["code"] == "NO_DEFAULT_ACCOUNT"
    api.post("/api/v1/accounts", {"name": "anew"})
    assert api.post(DOOR, BUY).status_code == 201
