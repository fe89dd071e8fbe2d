"""GET /accounts/{id}/positions: what an account holds and held, marked to the newest price."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from trading.models import Position

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

FIELDS = {
    *("id", "account_id", "instrument_id", "symbol", "side", "size", "entry_price", "current_price", "leverage"),
    *("margin", "stop_loss", "take_profit", "unrealized_pnl", "realized_pnl", "pnl_percent", "is_open"),
    *("opened_at", "closed_at", "exit_price", "fee"),
}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def positions(account, client_of):
    """GET the positions of the account as a user: `positions(tom, is_open=True)`."""

    def get(user, **query):
        return client_of(user).get(f"/api/v1/accounts/{account.id}/positions", query)

    return get


@pytest.mark.parametrize(
    ("side", "price", "profit", "percent"),
    [
        ("buy", "51000", "100", "20"),  # 0.1 × 1,000 on a margin of 500
        ("buy", "49500", "-50", "-10"),
        ("sell", "49000", "100", "20"),
        ("sell", "51000", "-100", "-20"),
    ],
)
def test_an_open_position_is_marked_to_the_market(
    account, order_of, positions, tom, still_market, side, price, profit, percent
):
    order_of(account, side, "0.1")
    still_market.set("BTCUSDT", price)
    [row] = positions(tom).json()["items"]
    assert set(row) == FIELDS
    assert (row["unrealized_pnl"], row["pnl_percent"], row["current_price"]) == (profit, percent, price)
    assert (row["size"], row["entry_price"], row["margin"], row["is_open"]) == ("0.1", "50000", "500", True)
    assert (row["exit_price"], row["closed_at"]) == (None, None)


def test_a_closed_position_shows_what_it_was(account, order_of, positions, tom, still_market):
    # 100 of profit on a margin of 500; fees 1 + 1.02
    order_of(account, "buy", "0.1")
    still_market.set("BTCUSDT", "51000")
    order_of(account, "sell", "0.1")
    [row] = positions(tom).json()["items"]
    assert (row["size"], row["entry_price"], row["exit_price"]) == ("0.1", "50000", "51000")
    assert (row["realized_pnl"], row["unrealized_pnl"], row["pnl_percent"], row["fee"]) == ("100", "0", "20", "2.02")
    assert (row["is_open"], row["margin"]) == (False, "0")


def test_an_entry_that_does_not_end_is_shown_to_the_price_scale(account, order_of, positions, tom, still_market):
    # (0.001 × 50,000 + 0.002 × 50,100) ÷ 0.003 = 50,066.666…
    order_of(account, "buy", "0.001")
    still_market.set("BTCUSDT", "50100")
    order_of(account, "buy", "0.002")
    assert positions(tom).json()["items"][0]["entry_price"] == "50066.6666666667"


def test_without_a_price_there_is_no_profit_to_show(account, order_of, positions, tom, still_market):
    order_of(account, "buy", "0.1")
    still_market.prices.clear()
    [row] = positions(tom).json()["items"]
    assert (row["current_price"], row["unrealized_pnl"], row["pnl_percent"]) == (None, None, None)


@pytest.mark.parametrize(("query", "found"), [({}, 2), ({"is_open": "true"}, 1), ({"is_open": "false"}, 1)])
def test_open_and_closed_ones_can_be_told_apart(account, order_of, positions, tom, query, found):
    order_of(account, "buy", "0.1")
    order_of(account, "sell", "0.2")
    assert positions(tom, **query).json()["total"] == found


def test_a_filter_that_makes_no_sense_is_a_422(positions, tom):
    assert list(positions(tom, is_open="x").json()["errors"]) == ["is_open"]


@pytest.mark.parametrize(("who", "status"), [("tom", 200), ("ada", 200), ("mallory", 404), ("vic", 404), ("eve", 404)])
def test_who_may_see_them(account, order_of, positions, client_of, request, who, status):
    order_of(account, "buy", "0.1")
    user, position = request.getfixturevalue(who), Position.objects.get()
    one = client_of(user).get(f"/api/v1/accounts/{account.id}/positions/{position.id}")
    assert (positions(user).status_code, one.status_code) == (status, status)


@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_lets_see_them(account, order_of, positions, request, who):
    order_of(account, "buy", "0.1")
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="account", scope_id=account.id)
    assert positions(user).json()["total"] == 1


def test_a_position_is_not_found_below_another_account(account, order_of, tom, account_of, client_of):
    order_of(account, "buy", "0.1")
    address = f"/api/v1/accounts/{account_of(tom).id}/positions/{Position.objects.get().id}"
    assert client_of(tom).get(address).status_code == 404


def test_a_position_that_is_not_there_is_a_404(account, tom, client_of):
    assert client_of(tom).get(f"/api/v1/accounts/{account.id}/positions/{uuid.uuid4()}").status_code == 404


def statements(get, user):
    with CaptureQueriesContext(connection) as queries:
        assert get(user).status_code == 200
    return len(queries)


def test_the_statements_of_the_list_do_not_grow_with_the_positions(account, order_of, positions, tom):
    order_of(account, "buy", "0.001")
    few = statements(positions, tom)
    turned = [order_of(account, side, "0.002") for side in ("sell", "buy") * 10]
    assert (positions(tom).json()["total"], len(turned)) == (21, 20)
    assert statements(positions, tom) == few
