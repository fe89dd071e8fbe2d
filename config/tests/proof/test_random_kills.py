"""kill -9 at random while 50 alerts are in flight: nothing acknowledged is lost, nothing is doubled."""

import time

import pytest

from config.tests.proof.conftest import BOTH
from config.tests.proof.doses import KILLS
from config.tests.proof.senders import Senders

pytestmark = pytest.mark.proof

ALERTS = 50
LONGEST_LIFE = 1.5


def rounds(desk, senders, luck, books) -> list[dict]:
    """Fire, kill, start again, wait until no more than one round's alerts wait; return what each round took."""
    told = []
    for _ in range(KILLS):
        began = time.monotonic()
        senders.fire(ALERTS)
        time.sleep(luck.uniform(0.02, LONGEST_LIFE))
        killed = desk.kill_some(luck)
        started = desk.start()
        waited = books.settle(seconds=90, at_most=ALERTS)
        told.append({"killed": killed, "start": started, "waited": waited, "round": time.monotonic() - began})
    return told


@pytest.mark.parametrize("database", BOTH)
def test_kill_nine_with_fifty_alerts_in_flight_loses_and_doubles_nothing(database, desk_on, luck, report):
    desk = desk_on(database)
    books, senders = desk.books, Senders(desk, luck=luck)
    desk.start()
    told = rounds(desk, senders, luck, books)
    senders.end()
    last = books.settle(seconds=120)
    report(told, senders, books, last=last)
    assert books.complaints(senders.acknowledged) == {}
    assert len(senders.acknowledged) > KILLS
