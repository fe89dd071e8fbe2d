"""/strategy and /strategies: made, replaced, deleted, found under a slug, seen by their owner."""

import threading

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from bots.services.bots import create_bot
from bots.services.deletion import delete_bot
from conftest import NOW
from strategies.models import Strategy
from strategies.services import slugs
from strategies.services.strategies import create_strategy

ADDRESS = "/api/v1/strategies"
BODY = {"name": "Two averages", "rule": "sma_cross", "parameters": {"fast": 5}}
FIELDS = {"id", "name", "slug", "description", "rule", "parameters", "created_at", "updated_at"}


@pytest.mark.parametrize("address", ["/api/v1/strategy", "/api/v1/strategies", "/api/v1/strategy/"])
def test_a_strategy_is_made_with_the_defaults_of_its_rule(client, tom, address):
    answer = client.post(address, BODY)
    body = answer.json()
    assert (answer.status_code, set(body)) == (201, FIELDS)
    assert (body["slug"], body["rule"], body["description"]) == ("two-averages", "sma_cross", "")
    assert body["parameters"] == {"fast": 5, "slow": 30, "short": False}
    assert Strategy.objects.get().owner == tom


def test_a_strategy_without_a_rule_is_a_name_with_parameters_of_its_own(client):
    body = client.post(ADDRESS, {"name": "By hand", "parameters": {"mood": 1.5}}).json()
    assert (body["rule"], body["parameters"]) == ("", {"mood": 1.5})


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"rule": "no_such_rule"}, "rule"),
        ({"parameters": {"fast": 0}}, "parameters.fast"),
        ({"parameters": {"speed": 1}}, "parameters.speed"),
        ({"parameters": []}, "parameters"),
        ({"slug": "mine"}, "slug"),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_makes_nothing(client, asked, field):
    answer = client.post(ADDRESS, BODY | asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not Strategy.objects.exists()


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Two  Averages!", "two-averages"), ("日本", "strategy"), ("Ünder", "under"), ("ﬃ" * 100, "ffi" * 33 + "f")],
)
def test_a_slug_is_made_of_the_letters_of_the_name(client, name, slug):
    assert client.post(ADDRESS, {"name": name}).json()["slug"] == slug


def test_a_slug_that_is_taken_gets_a_number(client, client_of, mallory):
    slugs = [client.post(ADDRESS, {"name": "Trend"}).json()["slug"] for _ in range(3)]
    assert slugs == ["trend", "trend-2", "trend-3"]
    assert client_of(mallory).post(ADDRESS, {"name": "Trend"}).json()["slug"] == "trend"


def test_the_slug_of_a_deleted_strategy_is_free_again(client):
    made = client.post(ADDRESS, {"name": "Trend"}).json()
    assert client.delete(f"{ADDRESS}/{made['id']}").status_code == 204
    assert client.post(ADDRESS, {"name": "Trend"}).json()["slug"] == "trend"


def test_a_slug_that_another_request_took_meanwhile_is_made_anew(tom, strategy_of, monkeypatch):
    strategy_of(tom)
    told = iter(["trend", "trend", "trend-2"])
    monkeypatch.setattr(slugs, "free_slug", lambda *_, **__: next(told))
    assert strategy_of(tom).slug == "trend-2"


def test_a_slug_that_is_always_taken_is_a_conflict(client, tom, strategy_of, monkeypatch):
    strategy_of(tom)
    monkeypatch.setattr(slugs, "free_slug", lambda *_, **__: "trend")
    answer = client.post(ADDRESS, {"name": "Trend"})
    assert (answer.status_code, answer.json()["code"], Strategy.objects.count()) == (409, "SLUG_TAKEN", 1)


def _make(owner, made):
    try:
        made.append(create_strategy(owner=owner, name="Trend", now=NOW).slug)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_four_at_the_same_time_each_gets_a_slug(tom):
    made = []
    threads = [threading.Thread(target=_make, args=(tom, made)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(made) == ["trend", "trend-2", "trend-3", "trend-4"]


def test_put_replaces_the_whole(client):
    made = client.post(ADDRESS, BODY | {"description": "Old."}).json()
    body = client.put(f"{ADDRESS}/{made['id']}", {"name": "Slower", "rule": "sma_cross"}).json()
    assert (body["slug"], body["description"]) == ("slower", "")
    assert body["parameters"] == {"fast": 10, "slow": 30, "short": False}
    assert body["updated_at"] > made["updated_at"]


def test_a_name_that_is_only_spelled_otherwise_keeps_its_slug(client):
    made = client.post(ADDRESS, BODY).json()
    body = client.put(f"/api/v1/strategy/{made['id']}", BODY | {"name": "TWO averages"}).json()
    assert (body["name"], body["slug"]) == ("TWO averages", "two-averages")


def test_put_with_a_parameter_that_the_rule_lacks_changes_nothing(client):
    made = client.post(ADDRESS, BODY).json()
    answer = client.put(f"{ADDRESS}/{made['id']}", BODY | {"name": "Other", "parameters": {"speed": 1}})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["parameters.speed"])
    assert client.get(f"{ADDRESS}/{made['id']}").json() == made


def test_delete_hides_a_strategy_and_keeps_its_row(client):
    made = client.post(ADDRESS, BODY).json()
    assert client.delete(f"{ADDRESS}/{made['id']}").status_code == 204
    assert client.get(f"{ADDRESS}/{made['id']}").status_code == 404
    assert client.delete(f"{ADDRESS}/{made['id']}").status_code == 404
    assert client.get(ADDRESS).json()["total"] == 0
    assert Strategy.objects.get().deleted_at is not None


def test_a_strategy_that_a_living_bot_decides_by_is_not_deleted(client, tom, strategy_of):
    strategy = strategy_of(tom)
    bot = create_bot(owner=tom, name="Bot", symbol="BTCUSDT", strategy_id=strategy.pk)
    answer = client.delete(f"{ADDRESS}/{strategy.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "STRATEGY_IN_USE")
    assert answer.json()["detail"] == "The strategy is used by 1 bot."
    delete_bot(bot, now=NOW)
    assert client.delete(f"{ADDRESS}/{strategy.pk}").status_code == 204


def test_its_rule_is_not_taken_from_a_living_bot_but_may_become_another(client, tom, strategy_of):
    strategy = strategy_of(tom)
    create_bot(owner=tom, name="Bot", symbol="BTCUSDT", strategy_id=strategy.pk)
    answer = client.put(f"{ADDRESS}/{strategy.pk}", {"name": "Only a name"})
    assert (answer.status_code, answer.json()["code"]) == (409, "STRATEGY_IN_USE")
    assert client.put(f"{ADDRESS}/{strategy.pk}", {"name": "Held", "rule": "buy_and_hold"}).status_code == 200
    assert Strategy.objects.get().rule == "buy_and_hold"


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_stranger_gets_a_404(tom, mallory, client_of, strategy_of, method):
    address = f"{ADDRESS}/{strategy_of(tom).pk}"
    answer = getattr(client_of(mallory), method)(address, {"name": "Mine"})
    assert (answer.status_code, Strategy.objects.get().name) == (404, "Trend")


def test_the_list_holds_ones_own_and_an_admins_holds_all(client, ada, tom, mallory, client_of, strategy_of):
    strategy_of(tom)
    strategy_of(mallory)
    assert [client_of(user).get(ADDRESS).json()["total"] for user in (tom, mallory, ada)] == [1, 1, 2]


def test_the_list_is_narrowed_by_rule_and_slug(client, tom, strategy_of):
    strategy_of(tom)
    strategy_of(tom, name="By hand", rule="")
    found = [client.get(ADDRESS, query).json()["items"] for query in ({"rule": "sma_cross"}, {"slug": "by-hand"})]
    assert [[row["name"] for row in rows] for rows in found] == [["Trend"], ["By hand"]]


def test_the_queries_of_the_list_do_not_grow(client, tom, strategy_of):
    strategy_of(tom)
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS)
    [strategy_of(tom) for _ in range(5)]
    with CaptureQueriesContext(connection) as many:
        client.get(ADDRESS)
    assert len(many) == len(few)


def test_the_catalogue_tells_each_rule_with_the_schema_of_its_parameters(client_of, vic):
    body = client_of(vic).get(f"{ADDRESS}/catalogue").json()
    [rule] = [rule for rule in body["items"] if rule["name"] == "sma_cross"]
    assert rule["parameters"]["type"] == "object"
    assert rule["parameters"]["properties"]["fast"]["default"] == 10


def test_the_catalogue_is_a_list_in_pages_as_every_other(client_of, vic):
    whole, second = (
        client_of(vic).get(f"{ADDRESS}/catalogue", query).json() for query in ({}, {"limit": 1, "offset": 1})
    )
    assert (whole["total"], whole["limit"], whole["offset"]) == (len(whole["items"]), 50, 0)
    assert second == {"items": [whole["items"][1]], "total": whole["total"], "limit": 1, "offset": 1}
    assert client_of(vic).get(f"{ADDRESS}/catalogue", {"limit": 0}).status_code == 422


def test_two_living_strategies_with_one_slug_are_refused_by_the_database(tom, strategy_of):
    strategy_of(tom)
    with pytest.raises(IntegrityError):
        Strategy.objects.create(owner=tom, name="Trend", slug="trend")
