"""A bot that should have heard and did not, and one that hears too much: an alert each, raised once and cleared."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot
from conftest import NOW
from core.errors import Invalid
from trading.models import RiskAlert
from trading.services.risk.monitor import watch
from webhooks.models import Proof
from webhooks.senders import Sender
from webhooks.services.inbox import Origin, take
from webhooks.services.watching import watch_deliveries
from webhooks.tests.bodies import alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot_of(tom):
    def create(name="BTC", **config):
        bot = create_bot(owner=tom, name=name, symbol="BTCUSDT", config={"position_size": "0.1", **config})
        Bot.objects.filter(pk=bot.pk).update(created_at=NOW)
        return change_status(bot.id, BotStatus.ACTIVE, now=NOW)

    return create


def heard(bot, *, seconds=0, many=1):
    at = NOW + timedelta(seconds=seconds)
    for number in range(many):
        body = alert(side="buy", alert_id=f"{bot.name} {seconds} {number}")
        take(body, sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin(None, ""), now=at)


def standing(seconds):
    watch_deliveries(NOW + timedelta(seconds=seconds))
    return list(RiskAlert.objects.standing().values_list("limit_type", flat=True))


def test_silence_is_told_once_and_cleared_by_the_next_alert(bot_of):
    bot = bot_of(expected_every=60)
    heard(bot, seconds=10)
    assert [standing(70), standing(71), standing(200)] == [[], ["bot_silence"], ["bot_silence"]]
    assert RiskAlert.objects.get().message == "BTC has heard nothing for 61 s; an alert is expected every 60 s."
    heard(bot, seconds=201)
    assert standing(202) == []
    assert RiskAlert.objects.count() == 1


def test_the_risk_monitor_leaves_it_standing(bot_of):
    bot_of(expected_every=60)
    assert standing(70) == ["bot_silence"]
    watch(clock=lambda: NOW + timedelta(seconds=75))
    assert standing(80) == ["bot_silence"]
    assert RiskAlert.objects.count() == 1


def test_settings_that_cannot_be_read_keep_no_other_bot_from_being_watched(bot_of):
    broken = bot_of(name="Broken", expected_every=60)
    bot_of(expected_every=60)
    Bot.objects.filter(pk=broken.pk).update(config={"expected_every": 60, "leverage": 0})
    assert standing(70) == ["bot_silence"]


def test_the_silence_of_a_bot_begins_with_its_start(bot_of):
    bot = bot_of(expected_every=60)
    change_status(bot.id, BotStatus.PAUSED)
    change_status(bot.id, BotStatus.ACTIVE, now=NOW + timedelta(seconds=500))
    assert [standing(560), standing(561)] == [[], ["bot_silence"]]


def test_a_bot_that_is_paused_or_expects_nothing_may_be_silent(bot_of):
    change_status(bot_of(expected_every=60).id, BotStatus.PAUSED)
    bot_of("other")
    assert standing(10_000) == []


def test_ten_alerts_in_three_minutes_are_warned_of_until_they_are_fewer(bot_of):
    bot = bot_of()
    heard(bot, seconds=0, many=9)
    assert standing(1) == []
    heard(bot, seconds=2)
    assert standing(3) == ["alert_rate"]
    assert standing(181) == []


@pytest.mark.parametrize("value", [0, -1, "x", 10**9, True])
def test_a_nonsense_expectation_is_refused(tom, value):
    with pytest.raises(Invalid):
        create_bot(owner=tom, name="BTC", symbol="BTCUSDT", config={"expected_every": value})


def test_statements_do_not_grow_with_the_bots(bot_of):
    bot_of(expected_every=60)
    with CaptureQueriesContext(connection) as one:
        watch_deliveries(NOW + timedelta(seconds=100))
    bots = [bot_of(f"more {number}", expected_every=60) for number in range(10)]
    [heard(bot, seconds=100, many=10) for bot in bots[:5]]
    with CaptureQueriesContext(connection) as many:
        assert watch_deliveries(NOW + timedelta(seconds=101)) == 10
    assert len(many) <= len(one) + 2  # something is raised of the second kind as well
