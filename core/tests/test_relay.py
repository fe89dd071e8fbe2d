"""The relay numbers each message once: cursors and each stream's numbers without holes, whoever else is at it."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from core.models import Event, Stream
from core.streams import relay as relaying
from core.streams.outbox import Message, emit
from core.streams.relay import Relay, number_events, purge_events

WAIT_SECONDS = 60

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for all writing")


def tell(*streams, now=None):
    emit([Message(stream, {"type": "x"}) for stream in streams], now=now or timezone.now())


def numbers():
    return list(Event.objects.order_by("id").values_list("stream", "seq", "cursor"))


class Failing:
    """Numbers nothing: it fails, and says so."""

    def __init__(self, fault):
        self._fault, self.failed = fault, threading.Event()

    def __call__(self):
        self.failed.set()
        raise self._fault


def wait_until_numbered(count):
    until = time.monotonic() + WAIT_SECONDS
    while Event.objects.exclude(cursor=None).count() < count and time.monotonic() < until:
        time.sleep(0.02)
    return Event.objects.exclude(cursor=None).count()


@pytest.fixture
def running(transactional_db):
    """A relay at work in its thread, ended with the test."""
    relay = Relay(clock=timezone.now)
    relay.start()
    yield relay
    relay.stop(seconds=WAIT_SECONDS)


@pytest.mark.django_db
class TestNumbers:
    def test_cursors_count_all_and_seqs_count_a_stream(self):
        tell("bot:1", "bot:2", "bot:1")
        assert number_events() == 3
        assert numbers() == [("bot:1", 1, 1), ("bot:2", 1, 2), ("bot:1", 2, 3)]

    def test_the_next_round_goes_on_where_the_last_ended(self):
        tell("bot:1")
        number_events()
        tell("bot:2", "bot:1")
        assert number_events() == 3
        assert numbers()[1:] == [("bot:2", 1, 2), ("bot:1", 2, 3)]

    def test_nothing_to_number_is_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert number_events() == 0

    @pytest.mark.parametrize("count", [1, 700])
    def test_the_statements_do_not_grow_with_the_messages(self, count, django_assert_num_queries):
        tell("bot:0")
        number_events()
        tell(*[f"bot:{number}" for number in range(count)])
        with django_assert_num_queries(6 + 2):  # and the savepoint of a test's own transaction
            number_events()

    def test_a_round_takes_no_more_than_its_share(self, monkeypatch):
        monkeypatch.setattr(relaying, "MOST_IN_A_ROUND", 2)
        tell("bot:1", "bot:1", "bot:1")
        assert [number_events(), number_events(), number_events()] == [2, 3, 0]

    def test_numbers_go_on_after_everything_was_purged(self):
        tell("bot:1", now=timezone.now() - timedelta(days=30))
        number_events()
        purge_events(now=timezone.now())
        tell("bot:1")
        number_events()
        assert numbers() == [("bot:1", 2, 2)]


@pytest.mark.django_db
class TestPurge:
    def test_what_is_old_and_published_goes(self):
        tell("bot:1", now=timezone.now() - timedelta(days=8))
        tell("bot:1", now=timezone.now() - timedelta(days=6))
        number_events()
        assert purge_events(now=timezone.now()) == 1
        assert numbers() == [("bot:1", 2, 2)]

    def test_what_was_never_published_stays(self):
        tell("bot:1", now=timezone.now() - timedelta(days=8))
        assert purge_events(now=timezone.now()) == 0

    def test_an_old_one_behind_a_young_one_stays_until_that_goes(self):
        tell("bot:1")
        tell("bot:1", now=timezone.now() - timedelta(days=8))
        number_events()
        assert purge_events(now=timezone.now()) == 0

    def test_one_time_takes_no_more_than_its_share(self, monkeypatch):
        monkeypatch.setattr(relaying, "MOST_PURGED", 2)
        tell("bot:1", "bot:1", "bot:1", now=timezone.now() - timedelta(days=8))
        number_events()
        assert [purge_events(now=timezone.now()) for _ in range(3)] == [2, 1, 0]


@pytest.mark.django_db(transaction=True)
class TestTogether:
    @on_postgresql
    def test_while_one_relay_works_another_does_nothing(self):
        tell("bot:1")
        number_events()
        tell("bot:1")
        told = []
        other = threading.Thread(target=lambda: (told.append(number_events()), connection.close()))
        with transaction.atomic():
            assert relaying._lock() is not None
            other.start()
            other.join(WAIT_SECONDS)
        assert told == [0]

    def test_three_relays_number_everything_once(self, running):
        others = [Relay(clock=timezone.now) for _ in range(2)]
        [other.start() for other in others]
        for number in range(60):
            tell("bot:1", f"bot:{number % 3}")
        assert wait_until_numbered(120) == 120
        [other.stop(seconds=WAIT_SECONDS) for other in others]
        assert sorted(cursor for _, _, cursor in numbers()) == list(range(1, 121))
        assert Stream.objects.get(pk="*").last_seq == 120

    def test_a_round_that_fails_gives_no_numbers(self, monkeypatch):
        tell("bot:1")
        monkeypatch.setattr(relaying, "upsert_rows", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            number_events()
        monkeypatch.undo()
        assert number_events() == 1
        assert numbers() == [("bot:1", 1, 1)]

    def test_a_crash_between_commit_and_nudge_loses_nothing(self, monkeypatch):
        tell("bot:1")
        number_events()  # and here the process ends, before any hub is told
        tell("bot:1")
        assert number_events() == 2
        assert numbers() == [("bot:1", 1, 1), ("bot:1", 2, 2)]

    def test_it_numbers_what_is_committed_while_it_runs(self, running):
        tell("bot:1")
        assert wait_until_numbered(1) == 1

    def test_a_lost_wake_up_does_no_harm(self, running, monkeypatch):
        monkeypatch.setattr("core.streams.outbox.announce", lambda _: None)
        tell("bot:1")
        assert wait_until_numbered(1) == 1

    def test_it_goes_on_after_the_database_was_away(self, running, monkeypatch, caplog):
        monkeypatch.setattr(relaying, "number_events", failing := Failing(OperationalError))
        tell("bot:1")
        assert failing.failed.wait(WAIT_SECONDS)
        monkeypatch.undo()
        assert wait_until_numbered(1) == 1
        assert "cannot reach the database" in caplog.text

    @pytest.mark.parametrize("fault", [ValueError, IntegrityError])
    def test_a_fault_of_ours_costs_a_round_and_is_told(self, fault, running, monkeypatch, caplog):
        monkeypatch.setattr(relaying, "number_events", failing := Failing(fault))
        tell("bot:1")
        assert failing.failed.wait(WAIT_SECONDS)
        monkeypatch.undo()
        assert wait_until_numbered(1) == 1
        assert "a round of the relay failed" in caplog.text
        assert "cannot reach the database" not in caplog.text

    def test_it_goes_on_without_redis(self, running, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        tell("bot:1")
        assert wait_until_numbered(1) == 1

    @on_postgresql
    def test_its_connection_is_cut_and_it_makes_another(self, running):
        tell("bot:1")
        assert wait_until_numbered(1) == 1
        _cut_others()
        tell("bot:1")
        assert wait_until_numbered(2) == 2

    def test_it_stops_when_told(self, running):
        running.stop(seconds=WAIT_SECONDS)
        assert not running._thread.is_alive()


def _cut_others():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
