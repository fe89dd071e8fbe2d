"""The socket of all of a person's orders: which accounts it covers, what it tells, what was missed."""

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.facts import account_message, account_stream
from accounts.models import Share, TradingAccount
from config.tests.talking import Conversation, talk, token_of
from conftest import NOW
from core.models import Event
from core.streams import hub as hubs
from core.streams.outbox import emit
from core.streams.relay import number_events
from trading.selectors.readers import accounts_with_orders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(hubs, "POLL_SECONDS", 0.02)


@pytest.fixture
def trade_now(order_of):
    """Buy on accounts, in their order, and publish it."""

    def trade(*accounts):
        made = [order_of(account, "buy", "0.1") for account in accounts]
        number_events()
        return [str(order.pk) for order in made]

    return trade


@pytest.fixture
def trade(trade_now):
    return database_sync_to_async(trade_now)


def path_of(user, query=""):
    return f"/api/v1/ws/orders?token={token_of(user)}{query}"


def tell_of(account):
    """Tell of an order that is none in the books."""
    emit([account_message(account.pk, [{"type": "OrderChanged", "order_id": "late"}], now=NOW)], now=NOW)
    number_events()


def heard(path, work):
    async def whole():
        async with Conversation(path) as peer:
            return await peer.hear(), await work(peer)

    return talk(whole)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.02)


async def orders(peer, count):
    """Return the next messages, which must be of orders."""
    told = [await peer.hear() for _ in range(count)]
    assert {message["type"] for message in told} == {"order_update"}
    return told


def test_orders_of_every_own_account_are_told_and_nothing_else(tom, account_of, trade):
    accounts = [account_of(tom), account_of(tom, name="Second")]

    async def work(peer):
        made = await trade(*accounts)
        return made, await orders(peer, 2)

    first, (made, told) = heard(path_of(tom), work)
    assert first == {"type": "connected", "cursor": 0}
    assert [message["order_id"] for message in told] == made
    assert [message["stream"] for message in told] == [f"account:{account.pk}" for account in accounts]
    # Each trade is four messages of its account's stream: order, fill, position, balance.
    assert [(message["seq"], message["cursor"]) for message in told] == [(1, 1), (1, 5)]
    assert (told[0]["status"], told[0]["filled_quantity"], told[0]["timestamp"][-1]) == ("filled", "0.1", "Z")


def test_accounts_of_others_are_not_told_even_to_an_admin_or_by_a_share(tom, ada, account_of, trade):
    others, own = account_of(tom), account_of(ada)
    Share.objects.create(user=ada, scope_type=Share.Scope.ACCOUNT, scope_id=others.pk)

    async def work(peer):
        made = await trade(others, own)
        return made, await orders(peer, 1)

    _, (made, told) = heard(path_of(ada), work)
    assert [message["order_id"] for message in told] == made[1:]


def test_since_sends_the_orders_of_all_accounts_in_one_order(tom, account_of, trade_now):
    accounts = [account_of(tom), account_of(tom, name="Second")]
    made = [key for _ in range(2) for key in trade_now(*accounts)]
    _, told = heard(path_of(tom, "&since=1"), lambda peer: orders(peer, 3))
    assert [message["order_id"] for message in told] == made[1:]
    assert [message["cursor"] for message in told] == [5, 9, 13]


@pytest.mark.parametrize("many", [1, 30])
def test_what_was_missed_costs_the_same_for_one_account_and_many(many, tom, accounts_of, trade_now, monkeypatch):
    trade_now(accounts_of(tom, many)[0])
    reads, whole = [], hubs.reading.read_after
    monkeypatch.setattr(
        hubs.reading, "read_after", lambda *args, **kwargs: (reads.append(args[1]), whole(*args, **kwargs))[1]
    )

    async def work():
        async with Conversation(path) as peer:
            await peer.hear()
            await peer.hear()
            return reads[:1]

    path = path_of(tom, "&since=0")
    assert [len(streams) for streams in talk(work)] == [many]


def test_an_account_opened_while_it_is_open_is_told_from_its_first_order(tom, account_of, trade_now):
    account_of(tom)

    def open_and_trade():
        return trade_now(account_of(tom, name="New"))

    async def work(peer):
        await asyncio.sleep(0.1)
        made = await database_sync_to_async(open_and_trade)()
        return made, await orders(peer, 1)

    _, (made, told) = heard(path_of(tom), work)
    assert [message["order_id"] for message in told] == made


def test_an_account_that_is_deleted_is_let_go_of(tom, account_of, trade):
    gone, stays = account_of(tom), account_of(tom, name="Stays")

    async def work(peer):
        await until(lambda: account_stream(gone.pk) in hubs.hub()._watchers)
        await database_sync_to_async(TradingAccount.objects.filter(pk=gone.pk).update)(deleted_at=timezone.now())
        await until(lambda: account_stream(gone.pk) not in hubs.hub()._watchers)
        await database_sync_to_async(tell_of)(gone)
        made = await trade(stays)
        return made, await orders(peer, 1)

    _, (made, told) = heard(path_of(tom), work)
    assert [message["order_id"] for message in told] == made


def test_orders_that_are_kept_no_longer_are_told_as_resync(tom, account_of, trade_now):
    trade_now(account_of(tom))
    trade_now(account_of(tom, name="Second"))
    Event.objects.filter(cursor=4).delete()
    _, told = heard(path_of(tom, "&since=1"), lambda peer: peer.hear())
    assert told == {"type": "resync", "cursor": 8}


def test_a_role_that_may_read_orders_no_more_loses_it(tom):
    trader, permission = Group.objects.get(name="trader"), Permission.objects.get(codename="view_order")

    async def work():
        async with Conversation(path) as peer:
            await peer.hear()
            await trader.permissions.aremove(permission)
            return await peer.hear(), peer.code

    path = path_of(tom)
    assert talk(work) == (None, 4403)


def test_who_may_not_read_orders_is_not_let_in(vic):
    Group.objects.get(name="viewer").permissions.remove(Permission.objects.get(codename="view_order"))
    path = path_of(vic)

    async def work():
        async with Conversation(path) as peer:
            return await peer.hear(), peer.code

    assert talk(work) == (None, 4403)


@pytest.mark.parametrize("many", [1, 40])
def test_the_accounts_of_many_people_are_listed_in_two_statements(
    many, tom, eve, ada, accounts_of, account_of, django_assert_num_queries
):
    owned = {account.pk for account in accounts_of(tom, many)}
    TradingAccount.objects.filter(pk=account_of(eve).pk).update(deleted_at=timezone.now())
    with django_assert_num_queries(2):
        listed = accounts_with_orders({tom.pk, eve.pk, ada.pk})
    assert listed.things == {tom.pk: owned, eve.pk: set(), ada.pk: set()}
