"""Examining the inbox: how long alerts wait, which were tried again, which the desk failed on."""

from datetime import timedelta

import pytest

from bots.services.bots import create_bot
from conftest import NOW
from webhooks.examinations import examine_inbox, failed_finding, waiting_findings
from webhooks.models import Delivery, DeliveryStatus, Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

ALERT = b'{"side": "buy", "symbol": "BTCUSDT"}'


@pytest.fixture
def stored(tom):
    """Take one alert, changed as said: `stored(attempts=2)`."""
    sender = Sender(create_bot(owner=tom, name="Trend", symbol="BTCUSDT"), Proof.URL_KEY, ())

    def store(**changed):
        delivery = take(ALERT, sender=sender, origin=Origin(None, "text/plain"), now=NOW)
        Delivery.objects.filter(pk=delivery.pk).update(**changed)
        return delivery

    return store


def levels(findings):
    return [finding.level for finding in findings]


@pytest.mark.django_db
def test_an_empty_inbox_is_sound():
    assert levels(examine_inbox()) == ["ok", "ok"]


@pytest.mark.parametrize("status", [DeliveryStatus.RECEIVED, DeliveryStatus.PROCESSING])
@pytest.mark.parametrize(("seconds", "level"), [(30, "ok"), (31, "warning"), (300, "warning"), (301, "error")])
def test_an_alert_that_waits_is_judged_by_its_age(stored, status, seconds, level):
    stored(status=status)
    assert levels(waiting_findings(NOW + timedelta(seconds=seconds))) == [level]


def test_an_alert_that_was_handled_does_not_wait(stored):
    work_inbox(stored().bot_id, clock=lambda: NOW)
    assert levels(waiting_findings(NOW + timedelta(days=1))) == ["ok"]


@pytest.mark.parametrize(("attempts", "told"), [(1, ["ok"]), (2, ["ok", "warning"])])
def test_an_alert_that_is_tried_again_is_told(stored, attempts, told):
    stored(attempts=attempts)
    assert levels(waiting_findings(NOW)) == told


@pytest.mark.parametrize(
    ("code", "age", "level"),
    [
        ("INTERNAL", timedelta(hours=24), "warning"),
        ("INTERNAL", timedelta(hours=25), "ok"),
        ("STALE_ALERT", timedelta(0), "ok"),
    ],
)
def test_an_alert_that_the_desk_failed_on_is_told_for_a_day(stored, code, age, level):
    stored(status=DeliveryStatus.REJECTED, code=code)
    assert failed_finding(NOW + age).level == level
