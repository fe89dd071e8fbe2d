"""Who may work a bot's inbox: the holder of a lease as long as it lives, then the next; nothing is tried for ever."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account
from core import leases
from core.leases import LAST_ATTEMPT
from webhooks.models import Delivery, Proof
from webhooks.senders import Sender
from webhooks.services import handling
from webhooks.services.handling import bots_with_work, release_all, work_inbox
from webhooks.services.inbox import Origin, take

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = b'{"side": "buy", "symbol": "BTCUSDT", "size": "1%", "alert_id": "a-1"}'
HOLDER_DIED = {"status": "processing", "attempts": 1}


def database_away(*_: object, **__: object) -> None:
    raise OperationalError


@pytest.fixture
def bot(tom, account_of) -> Bot:
    bot = create_bot(owner=tom, name="Badger", symbol="BTCUSDT")
    connect_account(bot, account_of(tom))
    return change_status(bot.id, BotStatus.ACTIVE)


@pytest.fixture
def receive(bot) -> Callable[..., Delivery]:
    """Take an alert of the bot: `receive()`, or other bytes."""

    def receive(raw: bytes = BUY) -> Delivery:
        return take(raw, sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin(None, ""), now=timezone.now())

    return receive


@pytest.fixture
def held(receive) -> Callable[..., Delivery]:
    """Take an alert that a worker holds so many seconds longer."""

    def held(seconds: float, **facts: object) -> Delivery:
        lease = timezone.now() + timedelta(seconds=seconds)
        Delivery.objects.filter(pk=receive().pk).update(lease_until=lease, **{**HOLDER_DIED, **facts})
        return Delivery.objects.get()

    return held


def test_what_another_holds_is_left_alone(held, bot):
    held(60)
    assert (work_inbox(bot.id, clock=timezone.now), bots_with_work(timezone.now())) == (0, [])


def test_what_a_dead_worker_held_is_taken_up_once_its_lease_is_over(held, bot):
    held(-1)
    assert bots_with_work(timezone.now()) == [bot.id]
    assert (work_inbox(bot.id, clock=timezone.now), Delivery.objects.get().status) == (1, "processed")


def test_a_desk_that_starts_alone_takes_up_at_once_what_it_held_before_it_died(held, bot):
    held(60)
    assert (release_all(), bots_with_work(timezone.now())) == (1, [bot.id])
    assert (work_inbox(bot.id, clock=timezone.now), Delivery.objects.get().status) == (1, "processed")


def test_an_alert_that_every_attempt_died_on_is_given_up(held, bot):
    held(-1, attempts=LAST_ATTEMPT)
    work_inbox(bot.id, clock=timezone.now)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.code, delivery.lease_until) == ("rejected", "INTERNAL", None)


def test_what_comes_after_an_alert_that_is_given_up_is_traded(held, receive, bot):
    held(-1, attempts=LAST_ATTEMPT)
    later = receive(b'{"side": "buy", "symbol": "BTCUSDT", "size": "1%", "alert_id": "a-2"}')
    assert work_inbox(bot.id, clock=timezone.now) == 2
    later.refresh_from_db()
    assert later.status == "processed"


def test_a_database_that_is_away_is_no_fault_of_the_alert(receive, bot, monkeypatch):
    receive()
    monkeypatch.setattr(handling, "run_signal", database_away)
    with pytest.raises(OperationalError):
        work_inbox(bot.id, clock=timezone.now)
    assert Delivery.objects.get().status == "processing"


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_its_holder_works(receive, bot, monkeypatch):
    receive()
    renewed, attempt = threading.Event(), handling._claim(bot.id, clock=timezone.now)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(attempt, "renew", renewed.set)
    with attempt.renewed():
        assert renewed.wait(60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [OperationalError, InterfaceError, ValueError])
def test_a_lease_is_renewed_after_a_renewal_that_failed(fault, receive, bot, monkeypatch):
    receive()
    faults, renewed, attempt = [fault("gone")], threading.Event(), handling._claim(bot.id, clock=timezone.now)

    def renew():
        if faults:
            raise faults.pop()
        renewed.set()

    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(attempt, "renew", renew)
    with attempt.renewed():
        assert renewed.wait(60)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_renewed_once_its_holder_is_done(receive, bot):
    receive()
    with handling._claim(bot.id, clock=timezone.now).renewed():
        pass
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lease")]


def test_a_copy_of_a_stored_alert_waits_for_no_lock(receive, bot):
    receive()
    with CaptureQueriesContext(connection) as queries:
        copy = receive()
    assert copy.status == "duplicate"
    assert [query["sql"] for query in queries if "bots_bot" in query["sql"]] == []
