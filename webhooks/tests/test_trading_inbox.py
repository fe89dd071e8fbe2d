"""Stored alerts are traded once, one bot's in the order they came; a worker that dies or is slow doubles nothing."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from bots.models import BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account
from conftest import NOW
from core.leases import LEASE, MOST_ATTEMPTS
from trading.models import Order, Outcome, Signal
from webhooks.models import Delivery, Proof
from webhooks.senders import Sender
from webhooks.services import handling
from webhooks.services.handling import bots_with_work, work_inbox
from webhooks.services.inbox import Origin, take
from webhooks.tests.bodies import alert

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_market", "no_slippage")]


class Clock:
    """Tells NOW until it is moved."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def move(self, **by):
        self.now += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bot(tom, account_of):
    bot = create_bot(owner=tom, name="BTC", symbol="BTCUSDT", config={"position_size": "0.1"})
    for name in ("one", "two"):
        connect_account(bot, account_of(tom, name=name))
    return change_status(bot.id, BotStatus.ACTIVE)


@pytest.fixture
def stored(bot, clock):
    """Store an alert of the bot as received now: `stored(side="sell")`."""

    def store(**fields):
        sender = Sender(bot, Proof.URL_KEY, ())
        return take(alert(**fields), sender=sender, origin=Origin(None, ""), now=clock())

    return store


@pytest.fixture
def failing(monkeypatch):
    """Let trading fail with an exception for the rest of the test."""

    def fail(error):
        def broken(*_, **__):
            raise error

        monkeypatch.setattr(handling, "run_signal", broken)

    return fail


def sides():
    return list(Order.objects.order_by("created_at", "leg", "id").values_list("side", flat=True))


def test_alerts_are_traded_in_the_order_in_which_they_came(bot, stored, clock):
    came = [stored(side=side, alert_id=str(number)) for number, side in enumerate(["buy", "close", "sell", "close"])]
    assert work_inbox(bot.id, clock=clock) == 4
    signals = Signal.objects.filter(pk__in=[delivery.correlation_id for delivery in came])
    assert {signal.status for signal in signals} == {"processed"}
    assert set(Outcome.objects.values_list("status", flat=True)) == {"filled"}


def test_an_older_alert_in_a_workers_hands_holds_up_the_younger(bot, stored, clock):
    first, _ = stored(side="buy", alert_id="1"), stored(side="close", alert_id="2")
    Delivery.objects.filter(pk=first.pk).update(status="processing", lease_until=clock() + LEASE, attempts=1)
    assert (work_inbox(bot.id, clock=clock), Order.objects.count()) == (0, 0)


def test_a_dead_workers_alert_goes_on_once_its_lease_has_run_out(bot, stored, clock):
    first = stored(side="buy")
    Delivery.objects.filter(pk=first.pk).update(status="processing", lease_until=clock() + LEASE, attempts=1)
    clock.move(seconds=LEASE.total_seconds() + 1)
    assert bots_with_work(clock()) == [bot.id]
    assert (work_inbox(bot.id, clock=clock), sides()) == (1, ["buy", "buy"])


def test_the_age_of_an_alert_counts_when_it_is_traded(bot, stored, clock):
    delivery = stored(side="buy")
    clock.move(seconds=61)
    work_inbox(bot.id, clock=clock)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, Order.objects.count()) == ("rejected", "STALE_ALERT", 0)


def test_a_failure_is_tried_again_a_little_later_each_time(bot, stored, clock, failing):
    stored(side="buy")
    failing(RuntimeError("broken"))
    work_inbox(bot.id, clock=clock)
    clock.move(seconds=1)
    assert bots_with_work(clock()) == []
    clock.move(seconds=2)
    work_inbox(bot.id, clock=clock)
    assert Delivery.objects.get().lease_until == clock() + timedelta(seconds=4)


def test_after_the_last_failure_alert_and_signal_end_and_the_next_is_traded(bot, stored, clock, failing, monkeypatch):
    broken = stored(side="buy", alert_id="1")
    Delivery.objects.filter(pk=broken.pk).update(attempts=MOST_ATTEMPTS - 1)
    run_signal = handling.run_signal
    failing(RuntimeError("broken"))
    work_inbox(bot.id, clock=clock)
    monkeypatch.setattr(handling, "run_signal", run_signal)
    stored(side="buy", alert_id="2")
    assert (work_inbox(bot.id, clock=clock), sides()) == (1, ["buy", "buy"])
    broken.refresh_from_db()
    signal = Signal.objects.get(pk=broken.correlation_id)
    assert (broken.status, broken.code, signal.status, signal.error_count) == ("rejected", "INTERNAL", "processed", 2)


def test_a_database_that_is_away_is_no_failure_of_the_alert(bot, stored, clock, failing):
    delivery = stored(side="buy")
    failing(OperationalError("server closed the connection"))
    with pytest.raises(OperationalError):
        work_inbox(bot.id, clock=clock)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.lease_until) == ("processing", clock() + LEASE)


def test_a_worker_whose_lease_was_taken_over_ends_nothing(bot, stored, clock, monkeypatch):
    delivery = stored(side="buy")
    run_signal = handling.run_signal

    def slowly(*args, **kwargs):
        Delivery.objects.filter(pk=delivery.pk).update(attempts=2)
        return run_signal(*args, **kwargs)

    monkeypatch.setattr(handling, "run_signal", slowly)
    work_inbox(bot.id, clock=clock)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.finished_at, sides()) == ("processing", None, ["buy", "buy"])


def test_an_alert_with_orders_on_their_way_elsewhere_is_not_ended(bot, stored, clock, monkeypatch):
    delivery = stored(side="buy")
    monkeypatch.setattr(handling, "run_signal", lambda pk, **_: Signal.objects.get(pk=pk))
    assert work_inbox(bot.id, clock=clock) == 0
    delivery.refresh_from_db()
    assert (delivery.status, delivery.lease_until) == ("processing", clock() + LEASE)
