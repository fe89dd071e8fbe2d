"""The keys of requests: one row per person and key; one at work; gone after a day."""

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import idempotency
from core.idempotency import Asked, Claim, InProgress, Kept, KeyReused, find_claim, forget_keys, running
from core.models import IdempotencyKey
from core.tasks import forget_idempotency_keys

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ASKED = Asked(uuid.UUID(int=1), "Things.create", "k", "a" * 64)
DONE = Kept(201, '{"id":"1"}')
OTHERS = [
    Asked(uuid.UUID(int=2), "Things.create", "k", "a" * 64),
    Asked(uuid.UUID(int=1), "Things.create", "K", "a" * 64),
]
REUSED = [
    Asked(uuid.UUID(int=1), "Things.create", "k", "b" * 64),
    Asked(uuid.UUID(int=1), "Things.destroy", "k", "a" * 64),
]

WAIT_SECONDS = 60

pytestmark = pytest.mark.django_db


def elsewhere(work):
    """Do it on a connection of its own and return what it gave."""
    given = []

    def run():
        try:
            given.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return given[0]


def is_alone(asked):
    with running(asked) as alone:
        return alone


def test_a_second_one_is_told_at_once_that_the_first_is_at_work():
    with running(ASKED) as alone:
        assert (alone, elsewhere(lambda: is_alone(ASKED))) == (True, False)
    assert elsewhere(lambda: is_alone(ASKED)) is True


def test_who_was_turned_away_does_not_end_the_turn_of_the_first():
    with running(ASKED):
        assert [elsewhere(lambda: is_alone(ASKED)) for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_other_people_and_keys_are_at_work_beside_it(other):
    with running(ASKED):
        assert elsewhere(lambda: is_alone(other)) is True


@pytest.mark.parametrize("other", REUSED, ids=str)
def test_the_same_key_of_another_request_waits_for_the_same_turn(other):
    with running(ASKED):
        assert elsewhere(lambda: is_alone(other)) is False


def test_work_that_fails_gives_its_turn_back():
    with pytest.raises(ZeroDivisionError), running(ASKED):
        raise ZeroDivisionError
    assert elsewhere(lambda: is_alone(ASKED)) is True


def test_a_turn_ends_with_the_connection_that_took_it(on_postgresql):
    if not on_postgresql:
        pytest.skip("one process: its memory ends with it")
    assert elsewhere(lambda: idempotency._lock(ASKED.lock_number))
    end = time.monotonic() + WAIT_SECONDS  # the server takes its time to see that a connection is gone
    while not elsewhere(lambda: is_alone(ASKED)):
        assert time.monotonic() < end


def test_a_finished_claim_is_found_by_its_user_and_key():
    Claim(ASKED, now=NOW).finish(DONE)
    row = find_claim(ASKED)
    assert (row.status, row.answer, row.resource_id) == (201, '{"id":"1"}', None)
    assert [find_claim(other) for other in OTHERS] == [None] * 2


@pytest.mark.parametrize("other", REUSED, ids=str)
def test_a_key_of_another_request_is_refused(other):
    Claim(ASKED, now=NOW).finish(DONE)
    with pytest.raises(KeyReused):
        find_claim(other)


@transaction.atomic
def claim_all(*many):
    for asked in many:
        Claim(asked, now=NOW).finish(DONE)


def test_of_two_claims_the_later_takes_its_whole_transaction_back():
    claim_all(ASKED)
    with pytest.raises(InProgress):
        claim_all(OTHERS[0], ASKED)
    assert IdempotencyKey.objects.count() == 1


def test_a_held_claim_has_no_answer_until_it_is_finished():
    claim = Claim(ASKED, now=NOW)
    with transaction.atomic():
        claim.hold(uuid.UUID(int=7), None)
    assert (find_claim(ASKED).status, find_claim(ASKED).resource_id) == (None, uuid.UUID(int=7))
    claim.finish(DONE)
    assert (find_claim(ASKED).status, IdempotencyKey.objects.count()) == (201, 1)


def test_what_was_answered_when_it_was_held_is_not_answered_otherwise_later():
    claim = Claim(ASKED, now=NOW)
    with transaction.atomic():
        claim.hold(uuid.UUID(int=7), DONE)
    claim.finish(Kept(400, "{}"))
    assert (find_claim(ASKED).status, find_claim(ASKED).answer) == (201, '{"id":"1"}')


@pytest.mark.django_db(transaction=True)
def test_nothing_is_held_outside_a_transaction():
    with pytest.raises(RuntimeError):
        Claim(ASKED, now=NOW).hold(uuid.UUID(int=7), None)
    assert not IdempotencyKey.objects.exists()


def test_the_table_takes_no_row_without_an_answer_that_names_nothing():
    with pytest.raises(IntegrityError), transaction.atomic():
        IdempotencyKey.objects.create(user_id=uuid.UUID(int=1), operation="x", key="k", created_at=NOW)


def test_a_key_is_kept_for_a_day_and_then_free():
    Claim(ASKED, now=NOW).finish(DONE)
    assert (forget_keys(now=NOW + timedelta(days=1)), find_claim(ASKED) is not None) == (0, True)
    assert (forget_keys(now=NOW + timedelta(days=1, seconds=1)), find_claim(ASKED)) == (1, None)


def test_the_task_forgets_all_that_is_old_in_bounded_steps(monkeypatch):
    monkeypatch.setattr(idempotency, "MOST_FORGOTTEN", 2)
    monkeypatch.setattr("core.tasks.MOST_FORGOTTEN", 2)
    for other in [ASKED, *OTHERS, Asked(uuid.UUID(int=9), "Things.create", "k", "a" * 64)]:
        Claim(other, now=NOW - timedelta(days=900)).finish(DONE)
    forget_idempotency_keys()
    assert not IdempotencyKey.objects.exists()


def test_beat_runs_the_task_by_its_name(settings):
    tasks = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert forget_idempotency_keys.name in tasks
