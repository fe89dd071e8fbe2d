"""Transactions of one process on SQLite wait their turn, and always give it back."""

import threading
import time

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from core.sqlite.base import DatabaseWrapper
from core.sqlite.turns import Turns


@pytest.fixture
def desk(tmp_path, django_db_blocker):
    """Open connections to a database of its own: `desk()`, each for its own thread."""
    opened = []

    def connect(**options):
        settings = {**connection.settings_dict, "ENGINE": "core.sqlite", "NAME": str(tmp_path / "turns.sqlite3")}
        settings["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 5, **options}
        settings["TEST"] = {}
        wrapper = DatabaseWrapper({**settings, "ATOMIC_REQUESTS": False, "TIME_ZONE": None}, alias="turns")
        wrapper.inc_thread_sharing()
        opened.append(wrapper)
        return wrapper

    with django_db_blocker.unblock():
        with connect().cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("CREATE TABLE seen (name TEXT UNIQUE)")
            cursor.execute("CREATE TABLE child (name TEXT REFERENCES seen(name) DEFERRABLE INITIALLY DEFERRED)")
        yield connect
        for wrapper in opened:
            wrapper.close()


def begin(wrapper):
    wrapper.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def commit(wrapper):
    wrapper.commit()
    wrapper.set_autocommit(True)


def test_who_asks_first_is_first():
    turns, order = Turns(), []
    assert turns.take(0)

    def wait(number):
        assert turns.take(60)
        order.append(number)
        turns.give_back()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=wait, args=[number]))
        threads[-1].start()
        while len(turns._waiting) <= number:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join(60)
    assert order == list(range(8))


def test_who_waited_in_vain_takes_no_turn():
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.give_back()
    assert turns.take(0)


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_transaction_that_ends_gives_its_turn_back(desk, end):
    first, second = desk(), desk(timeout=0.05)
    begin(first)
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    getattr(first, end)()
    begin(second)
    commit(second)


def test_a_commit_that_fails_keeps_the_turn_until_it_is_rolled_back(desk):
    first, second = desk(), desk(timeout=0.05)
    begin(first)
    first.cursor().execute("INSERT INTO child VALUES ('nobody')")
    with pytest.raises(IntegrityError):
        first.commit()
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    first.rollback()
    begin(second)
    commit(second)


def test_a_begin_that_fails_gives_its_turn_back(desk, tmp_path):
    first, second = desk(), desk()
    first.ensure_connection()
    first.connection.close()
    with pytest.raises(Exception, match="closed"):
        begin(first)
    begin(second)
    commit(second)


@pytest.mark.django_db(transaction=True)
def test_the_desk_itself_uses_turns(on_postgresql):
    with transaction.atomic():
        assert on_postgresql or connection._turn is not None
    assert on_postgresql or connection._turn is None
