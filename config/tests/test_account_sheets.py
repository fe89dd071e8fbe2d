"""The sheets of accounts: GET /accounts/{id} in both shapes, GET /accounts/list in multi's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import figures
from accounts.models import Share, TradingAccount
from accounts.sheets import sheets_of
from accounts.tests.money.test_accounts_api import FIELDS
from bots.services.bots import create_bot
from bots.services.connections import connect_account
from config.tests.world import World
from core.models import Event
from core.streams.relay import number_events
from groups.services.membership import add_accounts, create_group
from trading.models import Position

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_after_another")]

API = "/api/v1/accounts"
LIST = f"{API}/list"
SUMMARY = {"total_pnl", "realized_pnl", "fees", "funding", "total_trades", "winning_trades", "win_rate"}


@pytest.fixture
def one_after_another(world: World) -> None:
    """Member was opened first, then Direct, then Spare."""
    for hours, account in ((3, world.member), (2, world.direct), (1, world.spare)):
        TradingAccount.objects.filter(pk=account.pk).update(created_at=timezone.now() - timedelta(hours=hours))


def detail(world: World, actor: str = "tom", account=None):
    return world.clients[actor].get(f"{API}/{(account or world.member).pk}").json()


def listed(world: World, actor: str = "tom", query: str = ""):
    return world.clients[actor].get(f"{LIST}{query}").json()


def names(body) -> list[str]:
    return [row["account_info"]["name"] for row in body["accounts"]]


def test_one_account_has_its_flat_fields_and_the_four_keys(world: World):
    body = detail(world)
    assert set(body) == FIELDS | {"account", "performance", "references", "ws_status"}
    assert set(body["account"]) == {"account_info", "balances", "positions", "settings"}
    assert set(body["performance"]) == SUMMARY


def test_the_two_shapes_say_the_same(world: World):
    body = detail(world)
    account = body["account"]
    told = {**account["account_info"], **account["balances"], **account["settings"]}
    assert {name: told[name] for name in FIELDS} == {name: body[name] for name in FIELDS}
    assert account["balances"]["net_deposits"] == "10000"


def test_open_positions_go_by_symbol_as_they_are_told_elsewhere(world: World):
    positions = detail(world)["account"]["positions"]
    [row] = world.clients["tom"].get(f"{API}/{world.member.pk}/positions?is_open=true").json()["items"]
    marked = {"current_price", "unrealized_pnl", "pnl_percent"}  # the market has moved meanwhile
    assert list(positions) == ["BTCUSDT"]
    assert {name: value for name, value in positions["BTCUSDT"].items() if name not in marked} == {
        name: value for name, value in row.items() if name not in marked
    }


def test_what_was_closed_is_not_among_them(world: World):
    Position.objects.update(
        is_open=False, size=0, closed_size=1, closed_at=timezone.now(), falls_to=None, rises_to=None
    )
    body = detail(world)
    assert (body["account"]["positions"], body["performance"]["total_trades"]) == ({}, 1)


def test_references_name_bots_and_groups_to_who_may_see_them(world: World):
    bot = {"type": "bot", "id": str(world.bot.pk), "name": "Trend"}
    group = {"type": "group", "id": str(world.group.pk), "name": "Desk"}
    assert detail(world, "ada")["references"] == [group, bot]
    assert detail(world, "tom")["references"] == [bot]
    assert detail(world, "vic")["references"] == [group, bot]
    Share.objects.exclude(scope_type="account").delete()
    assert detail(world, "vic")["references"] == []


def test_what_an_account_is_not_in_is_not_named(world: World):
    assert detail(world, "ada", world.spare)["references"] == []
    assert [each["type"] for each in detail(world, "ada", world.direct)["references"]] == ["bot"]


def test_the_stream_is_as_far_as_it_was_told(world: World):
    stream = f"account:{world.member.pk}"
    assert detail(world)["ws_status"] == {"stream": stream, "last_seq": 0, "cursor": None}
    world.clients["tom"].post(f"{API}/{world.member.pk}/deposit", {"amount": "1"})
    number_events()
    last = Event.objects.filter(stream=stream).latest("cursor")
    assert detail(world)["ws_status"] == {"stream": stream, "last_seq": last.seq, "cursor": last.cursor}
    assert last.seq == sum(Event.objects.filter(stream=stream).values_list("parts", flat=True)) > 1
    assert detail(world, account=world.spare)["ws_status"]["last_seq"] == 0


def test_the_list_has_the_shape_of_multi(world: World):
    body = listed(world)
    assert (set(body), body["pagination"]) == ({"accounts", "pagination"}, {"total": 3, "skip": 0, "limit": 50})
    keys = {"account_info", "balances", "positions", "performance", "references"}
    assert ({frozenset(row) for row in body["accounts"]}, names(body)) == (
        {frozenset(keys)},
        ["Member", "Direct", "Spare"],
    )


def test_the_rows_of_the_list_are_the_accounts_own(world: World):
    rows = {row["account_info"]["name"]: row for row in listed(world)["accounts"]}
    assert [list(rows[name]["positions"]) for name in ("Member", "Direct", "Spare")] == [["BTCUSDT"], ["BTCUSDT"], []]
    assert [len(rows[name]["references"]) for name in ("Member", "Direct", "Spare")] == [1, 1, 0]
    assert rows["Spare"]["performance"]["fees"] == "0" < rows["Member"]["performance"]["fees"]


@pytest.mark.parametrize(("query", "found"), [("?skip=1&limit=1", ["Direct"]), ("?skip=2", ["Spare"]), ("?skip=3", [])])
def test_skip_passes_over_rows(world: World, query: str, found: list[str]):
    body = listed(world, query=query)
    assert (names(body), body["pagination"]["total"]) == (found, 3)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("?limit=0", "limit"), ("?limit=101", "limit"), ("?limit=", "limit"), ("?limit=1&limit=2", "limit")),
        *(("?skip=-1", "skip"), ("?skip=x", "skip"), (f"?skip={2**31}", "skip"), ("?skip=1.5", "skip")),
    ],
)
def test_a_page_out_of_range_is_a_422(world: World, query: str, field: str):
    answer = world.clients["tom"].get(f"{LIST}{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_everybody_sees_their_own_and_what_is_shared(world: World):
    seen = {actor: names(listed(world, actor)) for actor in ("ada", "mallory", "vic", "otto")}
    assert seen == {"ada": ["Member", "Direct", "Spare"], "mallory": [], "vic": ["Member"], "otto": []}


def test_a_share_of_a_group_or_a_bot_shows_nothing_of_the_account(world: World):
    Share.objects.filter(scope_type="account").delete()
    assert names(listed(world, "vic")) == []
    assert world.clients["vic"].get(f"{API}/{world.member.pk}").status_code == 404


def statements(world: World, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert world.clients["ada"].get(address).status_code == 200
    return len(queries)


def test_the_statements_of_the_list_do_not_grow(world: World, account_of):
    few = statements(world, f"{LIST}?limit=2")
    accounts = [account_of(world.tom, name=str(number)) for number in range(20)]
    add_accounts(world.group, [account.id for account in accounts[:10]])
    create_group(name="Other", created_by=world.ada, accounts=accounts)
    connect_account(create_bot(owner=world.tom, name="Other", symbol="ETHUSDT"), accounts[0])
    assert (statements(world, LIST), few < 30) == (few, True)


def test_one_that_is_deleted_meanwhile_has_no_sheet(world: World, monkeypatch):
    monkeypatch.setattr(figures, "_readers", [lambda accounts, now: {}])
    assert sheets_of([world.member], user=world.tom, now=timezone.now()) == []
    assert world.clients["tom"].get(f"{API}/{world.member.pk}").status_code == 404
