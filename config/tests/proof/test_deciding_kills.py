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

SETTLE_SECONDS = 120
START = """
from django.utils import timezone
from config.tests.proof import flipping
flipping.decide_each_minute(timezone.now())
"""
UNSETTLED = "SELECT COUNT(*) FROM bots_botdecision WHERE settled_at IS NULL"
MADE = "SELECT COUNT(DISTINCT bot_id) FROM bots_botdecision WHERE is_made"
NEWEST = "SELECT MAX(opened_at) FROM bots_botdecision WHERE is_made"


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


def settle(desk, *, newest_was=None) -> None:
    """Wait until every bot has decided, on a newer candle than that, and nothing is left to go through with."""
    until = time.monotonic() + SETTLE_SECONDS
    expected = [(len(desk.bots),)], [(0,)]
    while (desk.books.rows(MADE), desk.books.rows(UNSETTLED)) != expected or desk.books.rows(NEWEST) == newest_was:
        assert time.monotonic() < until, "decisions are not settled"
        time.sleep(0.1)
    time.sleep(3)


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
    settle(desk, newest_was=desk.books.rows(NEWEST))
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
