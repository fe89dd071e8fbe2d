"""The outbox: messages that wait for a relay are told, and judged by the age of the oldest."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from config.examinations.streams import examine_streams, waiting_finding
from conftest import NOW
from core.streams.outbox import Message, emit
from core.streams.relay import number_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def distributed(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def tell(*, age):
    emit([Message("bot:1", {"type": "x"})], now=NOW - timedelta(seconds=age))


def test_an_empty_outbox_is_sound():
    assert [finding.level for finding in examine_streams()] == ["ok"]


@pytest.mark.parametrize(("age", "level"), [(10, "ok"), (11, "warning"), (60, "warning"), (61, "error")])
def test_messages_that_wait_are_judged_by_the_oldest(age, level, distributed):
    tell(age=age)
    tell(age=0)
    finding = waiting_finding(now=NOW)
    assert (finding.level, finding.found) == (
        level,
        f"2 message(s) wait for the relay, the oldest for {age} s.",
    )


def test_the_advice_names_the_relay(distributed):
    tell(age=100)
    assert "manage.py relay" in waiting_finding(now=NOW).advice


def test_an_embedded_desk_that_is_stopped_is_no_error(settings):
    settings.REDIS_URL = ""
    tell(age=100)
    assert waiting_finding(now=NOW).level == "warning"


def test_what_was_numbered_does_not_wait(distributed):
    tell(age=100)
    number_events()
    assert waiting_finding(now=NOW).level == "ok"


def test_the_doctor_asks(capsys):
    call_command("doctor", only="streams")
    assert "No message waits for the relay." in capsys.readouterr().out
