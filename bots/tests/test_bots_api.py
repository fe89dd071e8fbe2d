"""/bots: creating, reading and connecting bots, and who may."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Share
from bots.models import Bot, BotConnection
from bots.services.connections import connect_account, connect_group
from strategies.models import Strategy

ADDRESS = "/api/v1/bots"
FIELDS = {
    *("id", "name", "status", "strategy_id", "exchange", "symbol", "base_name", "timeframe", "config"),
    *("connected_accounts", "created_at"),
}
BODY = {"name": "Trend", "symbol": "BTCUSDT"}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def bot(tom, bot_of):
    return bot_of(tom)


def share(scope_type, row, user):
    return Share.objects.create(user=user, scope_type=scope_type, scope_id=row.id)


def test_a_bot_is_created_inactive_and_connected_to_nothing(tom, client_of):
    config = {"leverage": 5, "position_size": "10%", "colour": "blue"}
    answer = client_of(tom).post(ADDRESS, {**BODY, "config": config, "timeframe": "12H", "exchange": "PAPER"})
    body = answer.json()
    assert (answer.status_code, set(body) >= FIELDS) == (201, True)
    assert (body["status"], body["connected_accounts"], body["timeframe"]) == ("inactive", [], "12h")
    assert (body["symbol"], body["base_name"], body["exchange"]) == ("BTCUSDT", "BTC", "paper")
    assert (body["config"], Bot.objects.get().owner) == (config, tom)


@pytest.mark.parametrize(
    ("asked", "symbol"),
    [
        ({"symbol": "btc/usdt"}, "BTCUSDT"),
        ({"symbol": "BTC-USD"}, "BTC-USD"),
        ({"base_name": "eth"}, "ETHUSDT"),
        ({"symbol": "ETHUSDT", "base_name": "ETH"}, "ETHUSDT"),
    ],
    ids=str,
)
def test_a_bot_is_made_for_a_symbol_or_a_coin(tom, client_of, asked, symbol):
    assert client_of(tom).post(ADDRESS, {"name": "x", **asked}).json()["symbol"] == symbol


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "x" * 101}),
        ("symbol", {"symbol": ""}),
        ("symbol", {"symbol": "NOSUCHCOIN"}),
        ("base_name", {"base_name": "ETH"}),
        ("exchange", {"exchange": "moon"}),
        ("timeframe", {"timeframe": "7m"}),
        ("timeframe", {"timeframe": "3M"}),
        ("config", {"config": []}),
        ("strategy_id", {"strategy_id": "x"}),
        ("status", {"status": "active"}),
        ("owner", {"owner": "ada"}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_creates_nothing(tom, client_of, field, asked):
    answer = client_of(tom).post(ADDRESS, {**BODY, **asked})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not Bot.objects.exists()


@pytest.mark.parametrize("who", ["vic", "eve"])
def test_who_only_reads_creates_no_bot(request, client_of, who):
    assert client_of(request.getfixturevalue(who)).post(ADDRESS, BODY).status_code == 403
    assert not Bot.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("tom", 200), ("ada", 200), ("mallory", 404), ("vic", 404), ("eve", 404)])
def test_who_may_read_a_bot(bot, request, client_of, who, status):
    api = client_of(request.getfixturevalue(who))
    assert api.get(f"{ADDRESS}/{bot.id}").status_code == status
    assert api.get(f"{ADDRESS}/{bot.id}/accounts").status_code == status
    assert api.get(ADDRESS).json()["total"] == (1 if status == 200 else 0)


@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_lets_read_and_not_change(bot, request, client_of, who):
    user = request.getfixturevalue(who)
    share("bot", bot, user)
    api = client_of(user)
    assert api.get(f"{ADDRESS}/{bot.id}").json()["id"] == str(bot.id)
    paths = ("start", "stop", "status", "connect-account", "disconnect-account", "rotate-key")
    answers = {api.post(f"{ADDRESS}/{bot.id}/{path}", {}).status_code for path in paths}
    assert (answers, Bot.objects.get().status) == ({403}, "inactive")


@pytest.mark.parametrize("path", ["start", "stop", "status", "connect-account", "disconnect-account", "rotate-key"])
def test_a_strangers_bot_is_a_404(bot, mallory, client_of, path):
    assert client_of(mallory).post(f"{ADDRESS}/{bot.id}/{path}", {}).status_code == 404
    assert Bot.objects.get().status == "inactive"


def test_a_deleted_bot_is_nowhere(bot, tom, client_of):
    Bot.objects.update(deleted_at=timezone.now())
    api = client_of(tom)
    assert (api.get(f"{ADDRESS}/{bot.id}").status_code, api.get(ADDRESS).json()["total"]) == (404, 0)


def test_a_bot_that_is_not_there_is_a_404(tom, client_of):
    assert client_of(tom).get(f"{ADDRESS}/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [({"status": "ACTIVE"}, 1), ({"status": "paused"}, 0), ({"exchange": "Paper"}, 2), ({"exchange": "x"}, 0)],
)
def test_the_list_can_be_filtered(bot, tom, bot_of, client_of, query, found):
    Bot.objects.filter(pk=bot_of(tom).pk).update(status="active")
    assert client_of(tom).get(ADDRESS, query).json()["total"] == found


def test_a_filter_that_makes_no_sense_is_a_422(tom, client_of):
    assert list(client_of(tom).get(ADDRESS, {"status": "x"}).json()["errors"]) == ["status"]


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


def test_the_statements_of_the_list_do_not_grow_with_bots_and_accounts(tom, account_of, bot_of, client_of):
    api, first = client_of(tom), bot_of(tom)
    connect_account(first, account_of(tom))
    few = statements(api, ADDRESS)
    [connect_account(bot_of(tom, name=str(number)), account_of(tom)) for number in range(10)]
    assert (statements(api, ADDRESS), api.get(ADDRESS).json()["total"]) == (few, 11)


def test_the_statements_of_a_bots_accounts_do_not_grow_with_them(bot, tom, account_of, client_of):
    api = client_of(tom)
    connect_account(bot, account_of(tom))
    few = statements(api, f"{ADDRESS}/{bot.id}/accounts")
    [connect_account(bot, account_of(tom)) for _ in range(10)]
    assert statements(api, f"{ADDRESS}/{bot.id}/accounts") == few


@pytest.mark.parametrize("passed", ["body", "query"])
def test_an_account_is_connected_and_disconnected(bot, tom, account, client_of, passed):
    api = client_of(tom)
    assert post(api, bot, "connect-account", passed, account_id=account.id).json()["success"] is True
    assert api.get(f"{ADDRESS}/{bot.id}").json()["connected_accounts"] == [str(account.id)]
    assert post(api, bot, "disconnect-account", passed, account_id=account.id).json()["success"] is True
    assert api.get(f"{ADDRESS}/{bot.id}").json()["connected_accounts"] == []


def post(api, bot, path, passed="body", **asked):
    [(name, value)] = asked.items()
    address = f"{ADDRESS}/{bot.id}/{path}"
    where = {"body": (address, {name: str(value)}), "query": (f"{address}?{name}={value}", {})}
    return api.post(*where[passed])


def test_the_accounts_of_a_bot_are_a_bare_array(bot, tom, account, client_of):
    connect_account(bot, account)
    [row] = client_of(tom).get(f"{ADDRESS}/{bot.id}/accounts").json()
    assert (row["id"], row["name"], row["balance"], row["equity"]) == (str(account.id), "Paper", "10000", "10000")
    assert row["is_active"] is True


def test_who_is_only_shown_the_bot_sees_its_accounts_and_not_their_money(bot, vic, account, client_of):
    connect_account(bot, account)
    share("bot", bot, vic)
    [row] = client_of(vic).get(f"{ADDRESS}/{bot.id}/accounts").json()
    assert (row["name"], row["balance"], row["equity"]) == ("Paper", None, None)


def test_an_account_is_connected_once(bot, tom, account, client_of):
    connect_account(bot, account)
    answer = post(client_of(tom), bot, "connect-account", account_id=account.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


def test_a_taken_coin_is_a_409(bot, tom, account, bot_of, client_of):
    connect_account(bot_of(tom), account)
    answer = post(client_of(tom), bot, "connect-account", account_id=account.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "COIN_TAKEN")
    assert BotConnection.objects.count() == 1


@pytest.mark.parametrize("shown", [False, True])
def test_somebody_elses_account_is_not_connected(bot, tom, mallory, account_of, client_of, shown):
    other = account_of(mallory)
    shares = [share("account", other, tom) for _ in range(shown)]
    answer = post(client_of(tom), bot, "connect-account", account_id=other.id)
    assert (answer.status_code, BotConnection.objects.count()) == (403 if shares else 404, 0)


def test_a_group_whose_members_are_all_mine_is_connected(bot, tom, account, group_of, client_of):
    answer = post(client_of(tom), bot, "connect-account", group_id=group_of(account).id)
    assert (answer.status_code, BotConnection.objects.count()) == (200, 1)


def test_a_group_with_a_foreign_member_is_a_404_for_a_trader(
    bot, tom, mallory, account, account_of, group_of, client_of
):
    group = group_of(account, account_of(mallory))
    share("group", group, tom)
    answer = post(client_of(tom), bot, "connect-account", group_id=group.id)
    assert (answer.status_code, BotConnection.objects.count()) == (404, 0)


def test_an_empty_group_is_a_404_for_a_trader(bot, tom, group_of, client_of):
    answer = post(client_of(tom), bot, "connect-account", group_id=group_of().id)
    assert (answer.status_code, BotConnection.objects.count()) == (404, 0)


def test_an_admin_connects_any_group_to_a_bot_of_an_admin(
    ada, mallory, account, account_of, bot_of, group_of, client_of
):
    group = group_of(account, account_of(mallory))
    assert post(client_of(ada), bot_of(ada), "connect-account", group_id=group.id).status_code == 200


def test_not_even_an_admin_gives_a_traders_bot_accounts_of_others(
    bot, ada, mallory, account, account_of, group_of, client_of
):
    group = group_of(account, account_of(mallory))
    answer = post(client_of(ada), bot, "connect-account", group_id=group.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_THE_OWNERS")
    assert not BotConnection.objects.exists()


@pytest.mark.parametrize("field", ["account_id", "group_id"])
@pytest.mark.parametrize("path", ["connect-account", "disconnect-account"])
def test_what_is_not_there_is_a_404(bot, tom, client_of, path, field):
    assert post(client_of(tom), bot, path, **{field: uuid.uuid4()}).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"account_id": "x"}, {"account_id": str(uuid.uuid4()), "group_id": str(uuid.uuid4())}]
)
@pytest.mark.parametrize("path", ["connect-account", "disconnect-account"])
def test_neither_or_both_is_a_422(bot, tom, client_of, path, body):
    assert client_of(tom).post(f"{ADDRESS}/{bot.id}/{path}", body).status_code == 422


def test_a_group_is_disconnected(bot, tom, account, group_of, client_of):
    group = group_of(account)
    connect_group(bot, group)
    assert post(client_of(tom), bot, "disconnect-account", group_id=group.id).status_code == 200
    assert client_of(tom).get(f"{ADDRESS}/{bot.id}").json()["connected_accounts"] == []


def test_a_bot_of_a_strangers_strategy_is_refused(client_of, tom, mallory):
    hers = Strategy.objects.create(owner=mallory, name="Hers", slug="hers")
    answer = client_of(tom).post("/api/v1/bots", {"name": "b", "symbol": "BTCUSDT", "strategy_id": str(hers.id)})
    assert answer.status_code == 404
