"""Four processes place, fill and cancel orders on the same accounts: no deadlock, nothing locked, nothing lost."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from config.tests.processes import ROOT
from config.tests.proof.conftest import BOTH
from config.tests.proof.doses import ORDERS

pytestmark = [pytest.mark.proof, pytest.mark.parametrize("database", BOTH)]

PROCESSES = 4
REFUSALS = {"INSUFFICIENT_MARGIN", "BELOW_MINIMUM"}
ORDERS_BY_STATUS = "SELECT status, COUNT(*) FROM trading_order WHERE origin = 'request' GROUP BY status"
OVER_AND_STILL_WAITING = """
    SELECT id FROM trading_order WHERE status IN ('filled', 'cancelled')
    AND (falls_to IS NOT NULL OR rises_to IS NOT NULL OR margin <> 0)"""


def test_orders_of_four_processes_never_stand_in_each_others_way(database, desk_on, capsys):
    desk = desk_on(database)
    command = [sys.executable, "-m", "config.tests.proof.traders", str(ORDERS // PROCESSES)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    children = [subprocess.Popen([*command, str(seed)], cwd=ROOT, env=desk.env, **pipes) for seed in range(PROCESSES)]
    ended = [child.communicate(timeout=600) for child in children]
    assert [child.returncode for child in children] == [0] * PROCESSES, ended
    told = sum((Counter(json.loads(out)) for out, _ in ended), Counter())
    with capsys.disabled():
        print(f"\n{ORDERS} orders of {PROCESSES} processes: {dict(told)}")
    stored = dict(desk.books.rows(ORDERS_BY_STATUS))
    placed = sum(many for what, many in told.items() if what not in REFUSALS)
    assert (sum(stored.values()), sum(told.values())) == (placed, ORDERS // PROCESSES * PROCESSES)
    assert set(stored) <= {"filled", "pending", "cancelled"}
    assert [line for _, err in ended for line in err.splitlines() if "Traceback" in line or "locked" in line] == []
    assert desk.books.rows(OVER_AND_STILL_WAITING) == []
    assert desk.books.complaints([]) == {}
    assert desk.books.deadlocks() == 0
