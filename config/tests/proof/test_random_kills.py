"""kill -9 at random while 50 alerts are in flight: nothing acknowledged is lost, nothing is doubled."""

import random
import time
from collections import Counter

import pytest

from config.tests.proof.conftest import BOTH
from config.tests.proof.desks import Desk
from config.tests.proof.doses import KILLS
from config.tests.proof.senders import Senders
from config.tests.proof.venue_books import venue_complaints

pytestmark = pytest.mark.proof

ALERTS = 50
LONGEST_LIFE_SECONDS = 1.5
BACKLOG_SECONDS = 240


def rounds(many: int, *, desk: Desk, senders: Senders, luck: random.Random) -> dict[str, float]:
    """Fire, kill, start again, wait until no more than one round's alerts wait, again and again; return figures."""
    killed: Counter[str] = Counter()
    began, longest = time.monotonic(), 0.0
    for number in range(many):
        senders.fire(ALERTS)
        if number % 2:  # at least then the desk has promised something
            senders.wait_for_answer()
        time.sleep(luck.uniform(0.02, LONGEST_LIFE_SECONDS))
        killed[f"killed {desk.kill_some(luck)}"] += 1
        desk.start()
        longest = max(longest, desk.books.settle(seconds=BACKLOG_SECONDS, at_most=ALERTS))
    mean = (time.monotonic() - began) / many
    return {"rounds": many, "seconds a round": mean, "longest backlog": longest, **killed}


@pytest.mark.parametrize("database", BOTH)
def test_kill_nine_with_fifty_alerts_in_flight_loses_and_doubles_nothing(database, desk_on, luck, report):
    desk = desk_on(database)
    senders = Senders(desk, luck=luck)
    desk.start()
    figures = rounds(KILLS, desk=desk, senders=senders, luck=luck)
    senders.end()
    report(senders, desk.books, **figures, last=desk.books.settle(seconds=BACKLOG_SECONDS))
    assert desk.books.complaints(senders.acknowledged) == {}
    assert len(senders.acknowledged) >= KILLS // 2


@pytest.mark.parametrize("database", BOTH)
def test_kill_nine_with_orders_at_a_venue_sends_none_twice_and_forgets_none(database, desk_on, venue, luck, report):
    address, file = venue
    desk = desk_on(database, "venue", VENUE=address)
    senders = Senders(desk, luck=luck)
    desk.start()
    figures = rounds(max(2, KILLS // 4), desk=desk, senders=senders, luck=luck)
    senders.end()
    report(senders, desk.books, **figures, last=desk.books.settle(seconds=BACKLOG_SECONDS))
    assert desk.books.complaints(senders.acknowledged) == {}
    assert venue_complaints(desk.books, file) == {}
