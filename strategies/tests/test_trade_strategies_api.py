"""/trade-strategy: where strategies are traded."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from strategies.models import TradeStrategy

ADDRESS = "/api/v1/trade-strategy"


@pytest.fixture
def body(tom, strategy_of):
    return {"symbol": "BTC/USDT", "strategy_id": str(strategy_of(tom).pk), "interval": "15m"}


@pytest.fixture
def made(client, body):
    return client.post(ADDRESS, body).json()


def test_a_strategy_is_traded_on_an_instrument_under_any_spelling(client, body, tom, btcusdt):
    answer = client.post(ADDRESS, body)
    told = answer.json()
    assert (answer.status_code, told["symbol"], told["strategy"]) == (201, "BTCUSDT", "trend")
    assert (told["interval"], told["instrument_id"]) == ("15m", str(btcusdt.pk))
    assert TradeStrategy.objects.get().owner == tom


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"symbol": "NOSUCH"}, "symbol"), ({"interval": "7m"}, "interval"), ({"strategy_id": "x"}, "strategy_id")],
)
def test_a_wrong_field_is_a_422_that_names_it(client, body, asked, field):
    answer = client.post(ADDRESS, body | asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_the_same_again_is_a_conflict(client, body, made):
    answer = client.post(ADDRESS, body)
    assert (answer.status_code, answer.json()["code"], TradeStrategy.objects.count()) == (409, "ALREADY_TRADED", 1)


def test_a_strangers_strategy_is_not_traded(client_of, mallory, body):
    answer = client_of(mallory).post(ADDRESS, body)
    assert (answer.status_code, TradeStrategy.objects.count()) == (404, 0)


def test_put_replaces_it(client, body, made):
    told = client.put(f"{ADDRESS}/{made['id']}", body | {"symbol": "ETHUSDT", "interval": "1h"}).json()
    assert (told["symbol"], told["interval"], told["id"]) == ("ETHUSDT", "1h", made["id"])


def test_put_to_where_another_is_traded_is_a_conflict_that_changes_nothing(client, body, made):
    other = client.post(ADDRESS, body | {"symbol": "ETHUSDT"}).json()
    assert client.put(f"{ADDRESS}/{other['id']}", body).json()["code"] == "ALREADY_TRADED"
    assert client.get(f"{ADDRESS}/{other['id']}").json()["symbol"] == "ETHUSDT"


def test_delete_hides_it_and_it_may_be_made_again(client, body, made):
    assert client.delete(f"{ADDRESS}/{made['id']}").status_code == 204
    assert client.get(f"{ADDRESS}/{made['id']}").status_code == 404
    assert client.post(ADDRESS, body).status_code == 201


def test_a_strategy_that_is_traded_is_not_deleted(client, body, made):
    answer = client.delete(f"/api/v1/strategies/{body['strategy_id']}")
    assert (answer.status_code, answer.json()["detail"]) == (409, "The strategy is used by 1 trade strategy.")


def test_nothing_is_traded_by_a_deleted_strategy(client, body):
    client.delete(f"/api/v1/strategies/{body['strategy_id']}")
    assert client.post(ADDRESS, body).status_code == 404


def test_what_an_admin_makes_of_somebodys_strategy_is_theirs(client_of, ada, tom, body):
    client_of(ada).post(ADDRESS, body)
    assert TradeStrategy.objects.get().owner == tom


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_stranger_gets_a_404(client_of, mallory, body, made, method):
    assert getattr(client_of(mallory), method)(f"{ADDRESS}/{made['id']}", body).status_code == 404


def test_the_list_is_narrowed_and_its_queries_do_not_grow(client, body, made):
    with CaptureQueriesContext(connection) as few:
        assert client.get(ADDRESS).json()["total"] == 1
    client.post(ADDRESS, body | {"symbol": "ETHUSDT"})
    with CaptureQueriesContext(connection) as many:
        assert client.get(ADDRESS).json()["total"] == 2
    assert len(many) == len(few)
    assert client.get(ADDRESS, {"symbol": "ETHUSDT"}).json()["total"] == 1
