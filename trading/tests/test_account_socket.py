"""The socket of one account: what it is told, in which order, who loses it, what it can be asked."""

import asyncio
from decimal import Decimal

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, Permission

from accounts.models import Share, User
from accounts.services.ledger import deposit
from config.tests.talking import Conversation, talk, token_of
from conftest import NOW
from core.models import Event
from core.streams import hub as hubs
from core.streams.relay import number_events
from trading import profits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]

TRADE = ["order_update", "fill_recorded", "position_update", "balance_update"]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(hubs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(profits, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(profits, "LEAST_SECONDS", 0.01)


@pytest.fixture
def account(tom, account_of):
    made = account_of(tom, balance="9990")
    deposit(made.id, amount=Decimal(10), reference="first", now=NOW)  # tells of itself, as opening does not
    number_events()
    return made


@pytest.fixture
def trade(account, order_of):
    """Buy or sell and publish it, from another thread: `await trade("buy")`."""

    def trade_now(side="buy", quantity="0.1"):
        order = order_of(account, side, quantity)
        number_events()
        return order

    return database_sync_to_async(trade_now)


def path_of(account, user, query=""):
    return f"/ws/accounts/{account.pk}?token={token_of(user)}{query}"


class Listener(Conversation):
    """A conversation that tells stored messages from those of profit and loss."""

    async def stored(self, count):
        """Return the next stored messages."""
        found = []
        while len(found) < count:
            message = await self.hear()
            found += [message] if "seq" in message else []
        return found

    async def profit(self, **expected):
        """Return the next profit and loss that says this."""
        while True:
            message = await self.hear()
            if message["type"] == "pnl_update" and expected.items() <= message.items():
                return message


def heard(path, work):
    """Return what `work` makes of a conversation that has begun, and how it began."""

    async def whole():
        async with Listener(path) as peer:
            return await peer.hear(), await work(peer)

    return talk(whole)


def test_it_begins_with_connected_and_its_cursor(account, tom):
    first, _ = heard(path_of(account, tom), lambda peer: asyncio.sleep(0))
    stream = f"account:{account.pk}"
    assert first == {"type": "connected", "account_id": str(account.pk), "stream": stream, "cursor": 1}


def test_a_trade_is_told_as_order_position_and_balance_with_dense_numbers(account, tom, trade):
    async def work(peer):
        order = await trade()
        return order, await peer.stored(4)

    _, (order, told) = heard(path_of(account, tom), work)
    assert [message["type"] for message in told] == TRADE
    assert [message["seq"] for message in told] == [2, 3, 4, 5]  # the first was the deposit
    assert [message["cursor"] for message in told] == [2, 3, 4, 5]
    assert {message["stream"] for message in told} == {f"account:{account.pk}"}
    assert (told[0]["order_id"], told[0]["status"], told[0]["filled_quantity"]) == (str(order.pk), "filled", "0.1")
    assert (told[2]["size"], told[2]["is_open"], told[2]["account_id"]) == ("0.1", True, str(account.pk))


@pytest.mark.parametrize(("since", "types"), [(0, ["balance_update", *TRADE]), (3, TRADE[2:]), (4, TRADE[3:])])
def test_since_sends_what_was_missed_even_within_one_trade(account, tom, order_of, since, types):
    order_of(account, "buy", "0.1")
    number_events()
    _, told = heard(path_of(account, tom, f"&since={since}"), lambda peer: peer.stored(len(types)))
    assert [message["type"] for message in told] == types
    assert [message["cursor"] for message in told] == list(range(since + 1, 6))


def test_what_is_kept_no_longer_is_told_as_resync(account, tom, order_of):
    order_of(account, "buy", "0.1")
    number_events()
    Event.objects.filter(cursor=1).delete()
    _, told = heard(path_of(account, tom, "&since=0"), lambda peer: peer.hear())
    assert told == {"type": "resync", "stream": f"account:{account.pk}", "cursor": 5}


def test_a_since_that_is_none_is_told_and_the_stream_begins_now(account, tom, trade):
    async def work(peer):
        connected = await peer.hear()
        await trade()
        return connected, await peer.stored(1)

    first, (connected, [told]) = heard(path_of(account, tom, "&since=x"), work)
    assert (first["code"], connected["cursor"], told["cursor"]) == ("BAD_CURSOR", 1, 2)


def test_a_ping_is_answered_and_anything_else_refused(account, tom):
    async def work(peer):
        await peer.say(type="ping")
        await peer.say(type="subscribe")
        return [message for message in [await peer.hear() for _ in range(3)] if message["type"] != "pnl_update"]

    _, (pong, refused) = heard(path_of(account, tom), work)
    assert (pong, refused["code"]) == ({"type": "pong"}, "UNKNOWN_TYPE")


def test_profit_and_loss_move_with_the_price(account, tom, trade, still_market):
    # 0.1 bought at 50,000; the commission is 5,000 × 0.0002 = 1. At 51,000: 0.1 × 1,000 = 100 open.
    async def work(peer):
        flat = await peer.profit()
        await trade()
        at_cost = await peer.profit(balance="9999")
        still_market.set("BTCUSDT", "51000")
        return flat, at_cost, await peer.profit(unrealized_pnl="100")

    _, (flat, at_cost, told) = heard(path_of(account, tom), work)
    assert (flat["equity"], flat["positions"]) == ("10000", [])
    assert (at_cost["unrealized_pnl"], at_cost["equity"]) == ("0", "9999")
    assert (told["equity"], told["total_pnl"], told["account_id"]) == ("10099", "99", str(account.pk))
    assert told["positions"] == [
        {"symbol": "BTCUSDT", "current_price": "51000", "notional": "5100", "unrealized_pnl": "100"}
    ]
    assert not {"stream", "seq", "cursor"} & told.keys()


def test_without_a_price_profit_is_not_known(account, tom, trade, still_market):
    async def work(peer):
        await trade()
        still_market.prices.clear()
        return await peer.profit(equity=None)

    _, told = heard(path_of(account, tom), work)
    assert (told["unrealized_pnl"], told["positions"][0]["current_price"]) == (None, None)


def test_several_follow_one_account(account, tom, ada, trade):
    async def both():
        async with Listener(path_of_tom) as one, Listener(path_of_ada) as other:
            await one.hear()
            await other.hear()
            await trade()
            return await one.stored(4), await other.stored(4)

    path_of_tom, path_of_ada = path_of(account, tom), path_of(account, ada)
    one, other = talk(both)
    assert one == other


def closed_after(path, change):
    """Return the code with which a socket is closed after `change`."""

    async def work():
        async with Conversation(path) as peer:
            await peer.hear()
            await database_sync_to_async(change)()
            while await peer.hear() is not None:
                continue
            return peer.code

    return talk(work)


def test_a_share_that_is_taken_back_ends_it(account, vic):
    share = Share.objects.create(user=vic, scope_type=Share.Scope.ACCOUNT, scope_id=account.pk)
    assert closed_after(path_of(account, vic), share.delete) == 4403


def test_an_admin_who_is_one_no_more_loses_it(account, ada):
    assert closed_after(path_of(account, ada), lambda: User.objects.filter(pk=ada.pk).update(role="viewer")) == 4403


@pytest.mark.parametrize("taken", ["view_tradingaccount", "view_order", "view_position"])
def test_a_role_that_may_not_read_all_of_it_loses_it(account, tom, taken):
    trader, permission = Group.objects.get(name="trader"), Permission.objects.get(codename=taken)
    assert closed_after(path_of(account, tom), lambda: trader.permissions.remove(permission)) == 4403


def test_a_session_that_ends_closes_it(account, tom):
    path = path_of(account, tom)
    assert closed_after(path, lambda: tom.sessions.all().delete()) == 4401


@pytest.mark.parametrize("account_id", ["x", "00000000-0000-4000-8000-000000000000"])
def test_an_account_that_is_not_there_is_as_one_of_others(tom, account_id):
    async def work():
        async with Conversation(path) as peer:
            return await peer.hear(), peer.code

    path = f"/api/v1/ws/accounts/{account_id}?token={token_of(tom)}"
    assert talk(work) == (None, 4403)


def test_money_that_comes_is_told_by_its_balance(account, tom):
    def pay():
        deposit(account.id, amount=Decimal(5), reference="in", now=NOW)
        number_events()

    async def work(peer):
        await database_sync_to_async(pay)()
        return await peer.stored(1)

    _, [told] = heard(path_of(account, tom), work)
    assert (told["type"], told["balance"], told["currency"]) == ("balance_update", "10005", "USDT")
