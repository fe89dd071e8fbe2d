"""Redis, workers or the database are away: alerts are answered in time, stored or refused, and traded later."""

import signal
import threading
import time
from collections.abc import Callable

import pytest

from config.tests.proof.conftest import NEEDS_POSTGRESQL
from config.tests.proof.desks import DistributedDesk
from config.tests.proof.doses import OUTAGE_SECONDS, bound
from config.tests.proof.proxy import Line
from config.tests.proof.senders import Senders

pytestmark = [pytest.mark.proof, NEEDS_POSTGRESQL]

# Whoever asks Redis at the moment it begins to hang waits for it twice: on a busy machine that was 5.4 seconds.
GIVES_UP_SECONDS = bound(3, loose_seconds=25)
BACKLOG_SECONDS = bound(30, loose_seconds=180)
AROUND_SECONDS = 3
A_SECOND = 6
FEW, MANY = 4, 40


@pytest.fixture
def desk(desk_on):
    return desk_on("postgresql", WEBHOOK_WAIT_SECONDS="1")


def steady(senders: Senders, seconds: float) -> threading.Thread:
    """Send alerts all the time, whatever the answers."""

    def send() -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            senders.fire(1)
            time.sleep(1 / A_SECOND)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def through_an_outage(desk: DistributedDesk, senders: Senders, how: signal.Signals) -> float:
    """Send before, while and after Redis is away; return the seconds from the last alert until none waits."""
    desk.start()
    sending = steady(senders, AROUND_SECONDS + OUTAGE_SECONDS + AROUND_SECONDS)
    time.sleep(AROUND_SECONDS)
    desk.stop_redis(how)
    time.sleep(OUTAGE_SECONDS)
    desk.start_redis()
    sending.join()
    senders.end()
    return desk.books.settle(seconds=BACKLOG_SECONDS)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hanging"])
def test_redis_away_loses_nothing_and_the_backlog_goes_soon_after(how, desk, luck, report):
    senders = Senders(desk, luck=luck)
    recovered = through_an_outage(desk, senders, how)
    report(senders, desk.books, recovered=recovered)
    assert desk.books.complaints(senders.acknowledged) == {}
    assert set(senders.statuses) == {200}
    assert senders.slowest < GIVES_UP_SECONDS


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hanging"])
def test_an_alert_is_answered_in_time_when_redis_has_been_away_from_the_start(how, desk, luck, report):
    desk.start()
    desk.stop_redis(how)
    senders = Senders(desk, luck=luck, many=FEW)
    for sent in senders.fire(2 * FEW):
        sent.result()
    report(senders, desk.books)
    assert (senders.statuses, desk.books.unfinished()) == ([200] * 2 * FEW, 2 * FEW)
    assert senders.slowest < GIVES_UP_SECONDS


def test_workers_that_are_busy_when_redis_dies_come_back(desk, luck):
    desk.start()
    senders = Senders(desk, luck=luck)
    senders.fire(MANY)
    time.sleep(0.5)
    desk.stop_redis(signal.SIGKILL)
    senders.end()
    desk.start_redis()
    desk.books.settle(seconds=BACKLOG_SECONDS)
    assert desk.log_lines("Unrecoverable error") == []
    assert desk.books.complaints(senders.acknowledged) == {}


def test_without_a_worker_alerts_wait_and_are_traded_once_there_is_one(desk, luck):
    desk.start_one("web")
    desk.wait_for_answer(desk.addresses[0])
    senders = Senders(desk, luck=luck)
    assert {sent.result()["status"] for sent in senders.fire(FEW)} == {"processing"}
    assert desk.books.unfinished() == FEW
    desk.start()
    desk.books.settle(seconds=BACKLOG_SECONDS)
    assert desk.books.complaints(senders.acknowledged) == {}


def test_what_waits_longer_than_its_bot_allows_is_marked_stale(desk, luck):
    desk.books.rows("""UPDATE bots_bot SET config = config || '{"max_lag": 1}' RETURNING id""")
    desk.start_one("web")
    desk.wait_for_answer(desk.addresses[0])
    senders = Senders(desk, luck=luck)
    assert {sent.result()["status"] for sent in senders.fire(FEW)} == {"processing"}
    time.sleep(1)
    desk.start()
    desk.books.settle(seconds=BACKLOG_SECONDS)
    assert set(desk.books.rows("SELECT status, code FROM webhooks_delivery")) == {("rejected", "STALE_ALERT")}
    assert desk.books.complaints(senders.acknowledged) == {}


@pytest.mark.parametrize("away", [Line.cut, Line.hang], ids=["dead", "hanging"])
def test_without_the_database_nothing_is_stored_and_the_same_alert_later_is_taken(away, desk_on, line, luck):
    desk = desk_on("postgresql", through=line)
    desk.start()
    senders = Senders(desk, luck=luck, many=1)
    away(line)
    assert senders.post(desk.bots[0], "buy", alert_id="again") is None
    line.mend()
    assert senders.post(desk.bots[0], "buy", alert_id="again")["status"] in ("processing", "processed")
    desk.books.settle(seconds=BACKLOG_SECONDS)
    assert (senders.statuses, desk.books.rows("SELECT COUNT(*) FROM webhooks_delivery")) == ([503, 200], [(1,)])
    assert senders.slowest < GIVES_UP_SECONDS
    assert desk.books.complaints(senders.acknowledged) == {}


def test_a_database_that_comes_and_goes_while_alerts_are_in_flight_loses_nothing(desk_on, line, luck):
    desk = desk_on("postgresql", through=line)
    desk.start()
    senders = Senders(desk, luck=luck)
    sending = steady(senders, 8)
    come_and_go(line.cut, line.mend, times=4)
    sending.join()
    senders.end()
    desk.books.settle(seconds=2 * BACKLOG_SECONDS)
    assert desk.books.complaints(senders.acknowledged) == {}
    assert set(senders.statuses) == {200, 503}


def come_and_go(cut: Callable[[], None], mend: Callable[[], None], *, times: int) -> None:
    for _ in range(times):
        time.sleep(1)
        cut()
        time.sleep(0.5)
        mend()
