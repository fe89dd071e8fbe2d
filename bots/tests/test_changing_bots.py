"""PATCH /bots/{id}, POST /bots/create and GET /bots/list: the other seed's doors to the same code."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from bots.models import Bot
from bots.services.bots import change_bot
from bots.services.connections import connect_account
from conftest import NOW
from core.models import Event

ADDRESS = "/api/v1/bots"


@pytest.fixture
def bot(tom, bot_of):
    return bot_of(tom, config={"leverage": 10, "position_size": "0.1", "colour": "blue"})


@pytest.fixture
def api(tom, client_of):
    return client_of(tom)


def patch(api, bot, **body):
    return api.patch(f"{ADDRESS}/{bot.id}", body)


def config_of(bot):
    bot.refresh_from_db()
    return bot.config


def test_a_bot_is_renamed(api, bot):
    answer = patch(api, bot, name="Renamed", timeframe="4H")
    body = answer.json()
    assert (answer.status_code, body["name"], body["timeframe"]) == (200, "Renamed", "4h")
    assert body == api.get(f"{ADDRESS}/{bot.id}").json()


def test_settings_are_merged(api, bot):
    patch(api, bot, config={"leverage": 5})
    assert config_of(bot) == {"leverage": 5, "position_size": "0.1", "colour": "blue"}


def test_a_setting_that_is_null_is_taken_away(api, bot):
    patch(api, bot, config={"leverage": None, "nothing": None})
    assert config_of(bot) == {"position_size": "0.1", "colour": "blue"}


def test_nothing_to_change_changes_nothing(api, bot):
    assert (patch(api, bot).status_code, Event.objects.count()) == (200, 0)


def test_a_market_of_the_same_coin_may_be_named(api, bot):
    assert patch(api, bot, symbol="btc/usd").json()["symbol"] == "BTC-USD"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("config.leverage", {"config": {"leverage": 101}}),
        ("symbol", {"symbol": "ETHUSDT"}),
        ("symbol", {"symbol": "NOSUCHCOIN"}),
        ("exchange", {"exchange": "moon"}),
        ("name", {"name": ""}),
        ("timeframe", {"timeframe": "7m"}),
        ("timeframe", {"timeframe": "1M"}),
        ("config", {"config": None}),
        ("status", {"status": "active"}),
        ("owner", {"owner": "ada"}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_changes_nothing(api, bot, field, body):
    before = Bot.objects.values().get()
    answer = patch(api, bot, **{"name": "Renamed", **body})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert Bot.objects.values().get() == before


@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("eve", 403)])
def test_who_may_not_change_a_bot(bot, request, client_of, who, status):
    assert patch(client_of(request.getfixturevalue(who)), bot, name="Mine").status_code == status
    assert Bot.objects.get().name == "Trend"


def test_a_bot_that_is_shared_is_not_changed(bot, mallory, client_of):
    Share.objects.create(user=mallory, scope_type="bot", scope_id=bot.id)
    answer = patch(client_of(mallory), bot, name="Mine")
    assert (answer.status_code, answer.json()["code"]) == (403, "READ_ONLY")


def test_its_stream_is_told_what_was_changed(bot):
    change_bot(bot.id, {"name": "Renamed", "config": {"leverage": 5}}, now=NOW)
    [fact] = Event.objects.get().message["data"]["facts"]
    assert (fact["type"], fact["changed"]) == ("BotChanged", ["config", "name"])


# multi's doors


@pytest.mark.parametrize("passed", ["body", "query"])
def test_a_bot_is_made_by_multis_door(api, tom, passed):
    where = {
        "body": (f"{ADDRESS}/create", {"name": "Trend", "base_name": "ETH", "timeframe": "6h"}),
        "query": (f"{ADDRESS}/create?name=Trend&base_name=ETH&timeframe=6h", {}),
    }
    answer = api.post(*where[passed])
    bot = Bot.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"success": True, "bot_id": str(bot.id)})
    assert (bot.owner, bot.symbol, bot.base_name, bot.timeframe) == (tom, "ETHUSDT", "ETH", "6h")


@pytest.mark.parametrize(
    ("query", "field"), [("name=x", "symbol"), ("base_name=ETH", "name"), ("name=x&base_name=NOSUCHCOIN", "base_name")]
)
def test_what_multis_door_cannot_make_is_a_422(api, query, field):
    answer = api.post(f"{ADDRESS}/create?{query}", {})
    assert (answer.status_code, list(answer.json()["errors"]), Bot.objects.count()) == (422, [field], 0)


def test_the_bare_list_holds_what_the_other_one_holds(api, bot, tom, account_of):
    connect_account(bot, account_of(tom))
    assert api.get(f"{ADDRESS}/list").json() == api.get(ADDRESS).json()["items"]


def test_the_bare_list_can_be_filtered(api, bot):
    answers = [api.get(f"{ADDRESS}/list", {"status": status}).json() for status in ("inactive", "active")]
    assert [len(answer) for answer in answers] == [1, 0]


@pytest.mark.parametrize(("who", "many"), [("ada", 1), ("mallory", 0), ("vic", 0)])
def test_the_bare_list_holds_what_one_may_see(bot, request, client_of, who, many):
    assert len(client_of(request.getfixturevalue(who)).get(f"{ADDRESS}/list").json()) == many


def test_the_statements_of_the_bare_list_do_not_grow_with_bots(api, bot, tom, bot_of):
    with CaptureQueriesContext(connection) as few:
        api.get(f"{ADDRESS}/list")
    [bot_of(tom, name=str(number)) for number in range(60)]
    with CaptureQueriesContext(connection) as many:
        assert len(api.get(f"{ADDRESS}/list").json()) == 61
    assert len(many) == len(few)
