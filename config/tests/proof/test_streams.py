"""A burst on many sockets, some of which do not read; Redis dies while orders are told: who reads misses nothing."""

import json
import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from config.bench.streams import kinds_of_sockets, resident_kb, running_desk, tell, watching
from config.tests.desks import Desk
from config.tests.processes import free_port, wait_for_port
from config.tests.proof.conftest import NEEDS_POSTGRESQL, POSTGRESQL
from config.tests.proof.desks import DistributedDesk, Process
from config.tests.proof.doses import OUTAGE_SECONDS, bound
from config.tests.proof.senders import Senders
from config.tests.proof.test_outages import BACKLOG_SECONDS, steady

pytestmark = pytest.mark.proof

EVENTS, IN_A_TRANSACTION = 1000, 50
READING, UNREAD_ACCOUNTS, UNREAD_BOTS = 45, 3, 2
PADDING = 1000
SOON_SECONDS = bound(2, loose_seconds=30)
MOST_KB = 20_000
AROUND_SECONDS = 3


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=NEEDS_POSTGRESQL)])
def desk(request, tmp_path):
    with running_desk(POSTGRESQL if request.param == "distributed" else "", tmp_path) as running:
        yield running


def batches() -> list[list[int]]:
    return [list(range(first, first + IN_A_TRANSACTION)) for first in range(0, EVENTS, IN_A_TRANSACTION)]


def unread(desk: Desk, stack: ExitStack) -> None:
    """Open sockets on which nobody reads."""
    subscribe = json.dumps({"type": "subscribe", "bot_id": desk.bot_id()})
    for _ in range(UNREAD_ACCOUNTS):
        stack.enter_context(desk.unread_socket(f"/ws/accounts/{desk.account_id()}"))
    for _ in range(UNREAD_BOTS):
        stack.enter_context(desk.unread_socket(say=subscribe))


def stored(socket: ClientConnection, count: int) -> list[dict]:
    found: list[dict] = []
    while len(found) < count:
        message = json.loads(socket.recv(timeout=60))
        found += [message] if "seq" in message else []
    return found


def test_a_burst_reaches_all_who_read_soon_whole_and_in_order(desk, capsys):
    pid = next(iter(desk.processes.values())).popen.pid
    kinds = [kind for kind in kinds_of_sockets(desk, hearing=READING, looking=0) if kind.count]
    account = f"{desk.sockets_base}/ws/accounts/{desk.account_id()}?token={desk.token}"
    with ExitStack() as stack:
        unread(desk, stack)
        strict = stack.enter_context(connect(account, max_queue=None, proxy=None))
        heard = stack.enter_context(watching(desk, kinds, last=EVENTS - 1))
        before = resident_kb(pid)
        committed = tell(desk, batches(), padding=PADDING)
        arrived = [one for made in heard() for one in made]
        grown = resident_kb(pid) - before
        told = stored(strict, EVENTS)
    slowest = max(one[EVENTS - 1] for one in arrived) - committed[str(EVENTS - 1)]
    with capsys.disabled():
        print(f"\nthe last of {EVENTS} events after {slowest:.3g} s at the slowest, {grown} KB more held")
    assert [list(one) for one in arrived] == [list(range(EVENTS))] * READING
    assert slowest < SOON_SECONDS
    assert [m["seq"] for m in told] == list(range(told[0]["seq"], told[0]["seq"] + EVENTS))
    assert [m["number"] for m in told] == list(range(EVENTS))
    assert grown < MOST_KB


class Follower:
    """A person's orders as a socket tells them, read in a thread; a line that breaks is taken up with `since`."""

    def __init__(self, address: str) -> None:
        self._address, self._stopping = address, threading.Event()
        self.told: list[dict] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def wait_for(self, count: int) -> None:
        """Wait until so many were told; who counts them complains where they are fewer."""
        until = time.monotonic() + BACKLOG_SECONDS
        while len(self.told) < count and time.monotonic() < until:
            time.sleep(0.1)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            since = self.told[-1]["cursor"] if self.told else 0
            try:
                with connect(f"{self._address}&since={since}", proxy=None) as socket:
                    self._read(socket)
            except (ConnectionClosed, OSError):
                time.sleep(0.1)

    def _read(self, socket: ClientConnection) -> None:
        while not self._stopping.is_set():
            try:
                message = json.loads(socket.recv(timeout=0.2))
            except TimeoutError:
                continue
            self.told += [message] if message["type"] == "order_update" else []


def with_sockets(desk: DistributedDesk) -> str:
    """Start the desk with a relay and a process for sockets; return the address of all of the admin's orders."""
    desk.start()
    port = free_port()
    for name, *arguments in (("relay",), ("sockets", "--port", str(port))):
        command = [sys.executable, "manage.py", name, *arguments]
        desk.processes[name] = Process(command, desk.env, Path(desk.folder) / f"{name}.log")
    wait_for_port(port)
    body = {"username": "admin", "password": "Admin-pass-7"}
    token = requests.post(f"{desk.addresses[0]}/api/v1/auth/login", json=body, timeout=60).json()["access_token"]
    return f"ws://127.0.0.1:{port}/api/v1/ws/orders?token={token}"


def told_orders(desk: DistributedDesk) -> list[tuple[str, str]]:
    """Return every change of an order that the tables say was told: its key and its state, by cursor."""
    rows = desk.books.rows("SELECT message FROM core_event WHERE stream LIKE 'account:%' ORDER BY cursor")
    facts = [fact for (message,) in rows for fact in message["facts"] if fact["type"] == "OrderChanged"]
    return [(fact["order_id"], fact["status"]) for fact in facts]


@NEEDS_POSTGRESQL
def test_who_follows_orders_while_redis_is_dead_misses_none(desk_on, luck, report):
    desk = desk_on("postgresql", WEBHOOK_WAIT_SECONDS="1")
    follower = Follower(with_sockets(desk))
    senders = Senders(desk, luck=luck)
    sending = steady(senders, AROUND_SECONDS + OUTAGE_SECONDS + AROUND_SECONDS)
    time.sleep(AROUND_SECONDS)
    desk.stop_redis(signal.SIGKILL)
    time.sleep(OUTAGE_SECONDS)
    desk.start_redis()
    sending.join()
    senders.end()
    recovered = desk.books.settle(seconds=BACKLOG_SECONDS)
    follower.wait_for(len(told_orders(desk)))
    time.sleep(AROUND_SECONDS)  # what is told twice comes too
    follower.stop()
    report(senders, desk.books, recovered=recovered)
    assert desk.books.complaints(senders.acknowledged) == {}
    assert [(m["order_id"], m["status"]) for m in follower.told] == told_orders(desk) != []
