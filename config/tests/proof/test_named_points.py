"""A process dies at a named point of the road, once; the desk starts again and the books are true."""

import signal
import time

import pytest

from config.tests.proof.conftest import BOTH, NEEDS_POSTGRESQL
from config.tests.proof.points import HANGS, PAPER_POINTS, SECOND_DEATHS, SENT_NOT_BOOKED, VENUE_POINTS, name_of
from config.tests.proof.senders import Senders
from config.tests.proof.venue_books import venue_complaints

pytestmark = pytest.mark.proof

# A buy on flat accounts is two batches, the sell that follows turns every account in two legs of two batches.
SIDES = ("buy", "sell", "close")
SETTLE_SECONDS = 180
HANGING_SECONDS = 4
QUICK = {"LEASE_SECONDS": "2", "SWEEP_SECONDS": "1", "SMALL_BATCHES": "2", "WEBHOOK_WAIT_SECONDS": "1"}


def die(desk, point, luck) -> Senders:
    """Start a desk that dies at a point, send one bot's alerts until it has; what is answered is acknowledged."""
    process = "web" if "worker" not in desk.commands() else point.process
    desk.env |= QUICK
    desk.start_to_die(process, DIES_AT=point.dies_at)
    senders = Senders(desk, luck=luck, many=1)
    for side in SIDES:
        senders.post(desk.bots[0], side)
    senders.end()
    desk.wait_until_died(process)
    return senders


def hang(desk, point, luck) -> Senders:
    """Let a worker hang at a point until another has taken over, then go on."""
    desk.start_to_die("worker", DIES_AT=point.dies_at, DEATH="SIGSTOP")
    senders = Senders(desk, luck=luck, many=1)
    senders.burst(desk.bots[0], SIDES)
    hung = desk.hang("worker")
    desk.start()
    time.sleep(HANGING_SECONDS)
    hung.signal_all(signal.SIGCONT)
    return senders


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize("point", PAPER_POINTS, ids=name_of)
def test_a_desk_that_dies_at_a_point_goes_on_from_its_rows(point, database, desk_on, luck):
    desk = desk_on(database)
    senders = die(desk, point, luck)
    desk.start()
    desk.books.settle(seconds=SETTLE_SECONDS)
    assert desk.books.complaints(senders.acknowledged) == {}


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize("point", VENUE_POINTS, ids=name_of)
def test_what_a_venue_was_sent_is_what_stands_in_the_database(point, database, desk_on, venue, luck):
    address, file = venue
    desk = desk_on(database, "venue", VENUE=address)
    senders = die(desk, point, luck)
    desk.start()
    desk.books.settle(seconds=SETTLE_SECONDS)
    assert desk.books.complaints(senders.acknowledged) == {}
    assert venue_complaints(desk.books, file) == {}


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize("point", SECOND_DEATHS, ids=name_of)
def test_a_desk_that_dies_again_while_it_asks_the_venue_asks_once_more(point, database, desk_on, venue, luck):
    address, file = venue
    desk = desk_on(database, "venue", VENUE=address)
    senders = die(desk, SENT_NOT_BOOKED, luck)
    die(desk, point, luck)
    desk.start()
    desk.books.settle(seconds=SETTLE_SECONDS)
    assert desk.books.complaints(senders.acknowledged) == {}
    assert venue_complaints(desk.books, file) == {}


@NEEDS_POSTGRESQL
@pytest.mark.parametrize("point", HANGS, ids=name_of)
def test_a_worker_that_hangs_longer_than_its_lease_and_goes_on_doubles_nothing(point, desk_on, venue, luck):
    address, file = venue
    desk = desk_on("postgresql", "venue", VENUE=address, **QUICK)
    senders = hang(desk, point, luck)
    desk.books.settle(seconds=SETTLE_SECONDS)
    time.sleep(HANGING_SECONDS)  # the one that hung has its say
    assert desk.books.complaints(senders.acknowledged) == {}
    assert venue_complaints(desk.books, file) == {}
