"""kill -9 while bots decide on their minutes: each candle is decided on once, each change of target sent once."""

import time

import pytest

from config.tests.processes import run
from config.tests.proof.conftest import BOTH
from config.tests.proof.doses import DECIDING_KILLS
from config.tests.proof.flipping import Decided
from config.tests.proof.points import DECIDING_POINTS, name_of
from config.tests.proof.senders import Senders

pytestmark = pytest.mark.proof

SETTLE_SECONDS = 180
QUIET_SECONDS = 3
# A minute that has begun may open its round at any moment of its first seconds; one that is ending is about to.
CALM = range(10, 55)
START = """
from django.utils import timezone
from config.tests.proof import flipping
flipping.decide_each_minute(timezone.now())
"""
UNSETTLED = "SELECT COUNT(*) FROM bots_botdecision WHERE settled_at IS NULL"
NEWEST = "SELECT bot_id, MAX(opened_at) FROM bots_botdecision WHERE is_made GROUP BY bot_id"


@pytest.fixture
def deciding_desk(desk_on):
    """Make a desk whose bots decide each minute: `deciding_desk("sqlite")`. Small batches: a kill finds a middle."""

    def desk(database):
        made = desk_on(database, STRATEGY_RULES="config.tests.proof.flipping_rule.RULE", SMALL_BATCHES="1")
        run("manage.py", "shell", "-v", "0", "-c", START, env=made.env)
        return made

    return desk


def wait_for_minute(after: float) -> None:
    """Sleep until so many seconds after the next minute begins."""
    time.sleep((after - time.time()) % 60)


def settle(desk, *, newer: bool = False) -> None:
    """Wait until every bot has decided on one candle, and all is settled and stays so.

    `newer`: on a newer candle than they have decided on by now. A round that goes on is not its end.
    """
    until = time.monotonic() + SETTLE_SECONDS
    stood = newest(desk) if newer else {}
    last, since = None, time.monotonic()
    while last is None or time.monotonic() - since < QUIET_SECONDS:
        assert time.monotonic() < until, "decisions are not settled"
        time.sleep(0.1)
        now = newest(desk) if is_round_over(desk, stood) else None
        if now is None or now != last:
            last, since = now, time.monotonic()


def newest(desk) -> dict:
    """Return the newest candle that each bot has decided on."""
    return dict(desk.books.rows(NEWEST))


def is_round_over(desk, stood: dict) -> bool:
    """Tell whether all bots stand at one candle, and not where they stood, with no decision open and no minute near."""
    now = newest(desk)
    all_alike = len(now) == len(desk.bots) and len(set(now.values())) == 1 and not set(now.items()) & set(stood.items())
    return all_alike and desk.books.rows(UNSETTLED) == [(0,)] and int(time.time()) % 60 in CALM


def die(desk, point) -> None:
    """Start a desk that dies at a point: what closed while it was away is there to decide on."""
    process = "web" if "worker" not in desk.commands() else point.process
    desk.start_one(process, DIES_AT=point.dies_at, LEASE_SECONDS="2")
    if process != "web":
        desk.start()
    desk.wait_until_died(process)


@pytest.mark.parametrize("database", BOTH)
def test_kill_nine_while_bots_decide_misses_no_candle_and_doubles_none(database, deciding_desk, luck, report):
    desk = deciding_desk(database)
    desk.start()
    killed = dict.fromkeys(("desk", "web", "worker", "worker's child", "worker's parent", "beat"), 0)
    for number in range(DECIDING_KILLS):
        wait_for_minute(luck.uniform(0.0, 1.5) if number % 2 == 0 else luck.uniform(15, 25))
        killed[desk.kill_some(luck)] += 1
        desk.start()
    settle(desk, newer=True)
    decided = Decided(desk.books)
    report(Senders(desk, luck=luck), desk.books, **decided.figures, **killed)
    assert (decided.complaints(), desk.books.complaints()) == ([], {})
    assert len(decided.of_bots) == len(desk.bots)


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize("point", DECIDING_POINTS, ids=name_of)
def test_a_desk_that_dies_at_a_point_of_a_decision_goes_on_from_its_rows(point, database, deciding_desk):
    desk = deciding_desk(database)
    die(desk, point)
    desk.start()
    settle(desk)
    assert (Decided(desk.books).complaints(), desk.books.complaints()) == ([], {})
