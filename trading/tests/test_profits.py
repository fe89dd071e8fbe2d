"""Profit and loss on screens: marked once for all who look, in as many statements for one account as for many."""

import asyncio

import pytest
from channels.db import database_sync_to_async

from conftest import NOW
from core.tests.streaming import Peer
from market.models import PriceInterest
from trading import profits as marking
from trading.profits import profits, read_profits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]


@pytest.fixture(autouse=True)
def rounds(monkeypatch):
    """The accounts that each round read."""
    read, whole = [], marking.read_profits

    def reading(account_ids, **kwargs):
        read.append(set(account_ids))
        return whole(account_ids, **kwargs)

    monkeypatch.setattr(marking, "_read", database_sync_to_async(reading))
    monkeypatch.setattr(marking, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(marking, "LEAST_SECONDS", 0.01)
    return read


def run(work):
    return asyncio.run(asyncio.wait_for(work(), 30))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("many", [1, 60])
def test_the_statements_do_not_grow_with_the_accounts(many, tom, accounts_of, order_of, django_assert_num_queries):
    accounts = accounts_of(tom, many)
    order_of(accounts[0], "buy", "0.1")
    with django_assert_num_queries(2):  # accounts with positions, instruments; these prices are computed
        found = read_profits([account.pk for account in accounts], now=NOW, is_wanting=False)
    assert found.keys() == {account.pk for account in accounts}


def test_an_account_is_marked_once_for_all_who_look_and_each_is_told(tom, account_of, rounds, monkeypatch):
    monkeypatch.setattr(marking, "ROUND_SECONDS", 600)
    account = account_of(tom)

    async def work():
        peers = [Peer() for _ in range(20)]
        for peer in peers:
            profits().join(peer.outbound, account.pk)
        await until(lambda: all(peer.sent for peer in peers))
        for peer in peers:
            await profits().leave(peer.outbound, account.pk)
        return {len(peer.sent) for peer in peers}

    assert (run(work), rounds) == ({1}, [{account.pk}])


def test_what_has_not_changed_is_not_told_again(tom, account_of, rounds):
    async def work():
        peer = Peer()
        profits().join(peer.outbound, account.pk)
        await until(lambda: len(rounds) > 3)
        await profits().leave(peer.outbound, account.pk)
        return len(peer.sent)

    account = account_of(tom)
    assert run(work) == 1


def test_accounts_that_nobody_looks_at_are_not_marked(tom, account_of, rounds):
    watched, left = account_of(tom), account_of(tom, name="Left")

    async def work():
        stays, goes = Peer(), Peer()
        profits().join(stays.outbound, watched.pk)
        profits().join(goes.outbound, left.pk)
        await until(lambda: goes.sent and stays.sent)
        await profits().leave(goes.outbound, left.pk)
        before = len(rounds)
        await until(lambda: len(rounds) > before + 1)
        await profits().leave(stays.outbound, watched.pk)
        await database_sync_to_async(lambda: None)()  # a round that was under way has had its turn
        last = len(rounds)
        await asyncio.sleep(0.2)
        return rounds[-1], len(rounds) - last

    assert run(work) == ({watched.pk}, 0)


def test_a_slow_reader_is_sent_the_newest_state_only(tom, account_of, order_of, still_market, rounds):
    account = account_of(tom)
    order_of(account, "buy", "0.1")

    async def work():
        peer = Peer()
        peer.reads.clear()
        profits().join(peer.outbound, account.pk)
        for price in range(50001, 50006):
            still_market.set("BTCUSDT", str(price))
            seen = len(rounds) + 2  # the first of them began after the price moved, and the second after its telling
            await until(lambda seen=seen: len(rounds) >= seen)
        peer.reads.set()
        await until(lambda: len(peer.sent) > 1)
        await profits().leave(peer.outbound, account.pk)
        return [message["text"].count('"current_price":"50005"') for message in peer.sent]

    assert run(work) == [0, 1]


def test_a_round_that_fails_is_told_and_the_next_goes_on(tom, account_of, monkeypatch, caplog):
    account, whole, faults = account_of(tom), marking._read, [ZeroDivisionError()]

    async def reading(*args, **kwargs):
        if faults:
            raise faults.pop()
        return await whole(*args, **kwargs)

    async def work():
        peer = Peer()
        profits().join(peer.outbound, account.pk)
        await until(lambda: peer.sent)
        await profits().leave(peer.outbound, account.pk)

    monkeypatch.setattr(marking, "_read", reading)
    run(work)
    assert "a round of profits failed" in caplog.text


def test_the_feed_goes_on_fetching_what_is_held(tom, account_of, order_of, btcusdt):
    account = account_of(tom)
    order_of(account, "buy", "0.1")
    PriceInterest.objects.all().delete()
    read_profits([account.pk], now=NOW, is_wanting=True)
    assert PriceInterest.objects.filter(pk=btcusdt.pk, wanted_until__gt=NOW).exists()
