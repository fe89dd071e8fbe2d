"""What the road from a commit to a thousand sockets takes, and what a thousand idle sockets weigh.

Distributed: the sockets' own process, a relay, PostgreSQL and a Redis of its own; embedded: the one process. Channels'
own group_send sends the same bytes to as many sockets of the same server, in the same run: the ratio is what counts.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from config.bench.figures import Figure, Figures
from config.bench.places import Place
from config.bench.stream_clients import Kind
from config.tests.desks import Command, Desk, distributed_desk, embedded_desk, redis_server
from config.tests.processes import ROOT, free_port

# Most follow what happens, some look at prices that move meanwhile.
HEARING, LOOKING = 960, 40
PACED = 100
PACE_SECONDS = 0.2
BURST = 100
GROUPED = 30
MOST_P99_MS = 50.0
LEAST_RATIO = 15.0
MOST_IDLE_MIB = 100.0


def measure(place: Place) -> Figures:
    """Return the figures of the embedded desk for SQLite, of separate sockets and relay for PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, running_desk(place.database_url, Path(folder)) as desk:
        return _figures(_measure(desk), is_distributed=bool(place.database_url))


@contextmanager
def running_desk(database_url: str, folder: Path) -> Iterator[Desk]:
    """Run a desk whose sockets have the addresses of the bench: embedded, or with a Redis of its own."""
    if not database_url:
        with embedded_desk(folder, module="config.bench.stream_server") as desk:
            yield desk
        return
    port = free_port()
    with (
        redis_server(folder, port),
        distributed_desk(folder, redis_port=port, server=_bench_server, postgresql=database_url) as desk,
    ):
        yield desk


def kinds_of_sockets(desk: Desk, *, hearing: int, looking: int) -> list[Kind]:
    """Return sockets of all four addresses: `hearing` that are told of what happens, a third of each kind of stream."""
    token, third = f"?token={desk.token}", hearing // 3
    subscribe = json.dumps({"type": "subscribe", "bot_id": desk.bot_id()})
    return [
        Kind(f"/ws/{desk.user_id}{token}", third, subscribe, "subscribed"),
        Kind(f"/ws/accounts/{desk.account_id()}{token}", third, ready="connected"),
        Kind(f"/api/v1/ws/orders{token}", hearing - 2 * third, ready="connected"),
        Kind(f"/api/v1/ws/market/BTCUSDT{token}", looking, ready="ticker", hears_numbers=False),
    ]


def tell(desk: Desk, batches: list[list[int]], *, pause_seconds: float = 0, padding: int = 0) -> dict[str, float]:
    """Emit numbered messages of a bot and an account of the desk; return when each was committed."""
    asked = {
        "bot_id": desk.bot_id(),
        "account_id": desk.account_id(),
        "batches": batches,
        "pause_seconds": pause_seconds,
        "padding": padding,
    }
    if "serve" in desk.processes:
        return dict(_ask_inside(desk, "/bench/tell", asked))
    code = f"import json; from config.bench.telling import tell; print(json.dumps(tell(**{asked!r})))"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=desk.env, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def watching(desk: Desk, kinds: Sequence[Kind], *, last: int) -> Iterator[Callable[[], list[list[dict[int, float]]]]]:
    """Connect sockets in a process of its own; give what waits for all numbers and returns, by kind, who heard when."""
    told = json.dumps([asdict(kind) for kind in kinds])
    command = [sys.executable, "-m", "config.bench.stream_clients", desk.sockets_base, told, str(last)]
    with subprocess.Popen(command, cwd=ROOT, env=desk.env, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdout is not None
        if clients.stdout.readline().strip() != "ready":
            raise RuntimeError("the sockets did not connect")

        def heard() -> list[list[dict[int, float]]]:
            by_kind = json.loads(clients.communicate(timeout=300)[0])
            return [[{int(n): at for n, at in one.items()} for one in made] for made in by_kind]

        try:
            yield heard
        finally:
            clients.kill()


def _figures(told: dict[str, Any], *, is_distributed: bool) -> Figures:
    return {
        "from commit to socket, p50": Figure(told["p50_ms"], "ms", note=f"{HEARING:,} sockets, 5 messages a second"),
        "from commit to socket, p99": Figure(told["p99_ms"], "ms", limit=MOST_P99_MS if is_distributed else None),
        "deliveries a second, beside group_send": Figure(
            told["burst_per_second"], "/s", floor=told["group_send_per_second"], at_least=LEAST_RATIO
        ),
        "memory of the sockets, idle": Figure(
            told["idle_mib"],
            "MiB",
            limit=MOST_IDLE_MIB,
            note=f"of {told['idle_rss_mib']:.0f} MiB in all",
        ),
    }


def _bench_server(port: int) -> Command:
    return (sys.executable, "-m", "config.bench.stream_server", str(port))


def _measure(desk: Desk) -> dict[str, Any]:
    pid = next(iter(desk.processes.values())).popen.pid
    kinds = kinds_of_sockets(desk, hearing=HEARING, looking=LOOKING)
    empty = resident_kb(pid)
    with watching(desk, kinds, last=PACED - 1) as heard:
        idle = resident_kb(pid)
        committed = tell(desk, [[number] for number in range(PACED)], pause_seconds=PACE_SECONDS)
        delays = sorted((at - committed[str(n)]) * 1000 for one in _flat(heard()) for n, at in one.items())
    with watching(desk, kinds, last=BURST - 1) as heard:
        committed = tell(desk, [list(range(BURST))])
        burst = _per_second(_flat(heard()), began=committed["0"])
    return {
        "p50_ms": statistics.median(delays),
        "p99_ms": delays[int(len(delays) * 0.99)],
        "burst_per_second": burst,
        "group_send_per_second": _group_burst(desk),
        "idle_rss_mib": idle / 1024,
        "idle_mib": (idle - empty) / 1024,
    }


def _group_burst(desk: Desk) -> float:
    """Return the deliveries a second of Channels' own way, to as many sockets as hear the hub's burst."""
    text = _text(desk)
    with watching(desk, [Kind("/bench/groups", HEARING)], last=GROUPED - 1) as heard:
        time.sleep(1)  # the last of them are still joining the group
        began = _ask_inside(desk, "/bench/send", {"text": text, "count": GROUPED})
        return _per_second(_flat(heard()), began=began)


def _per_second(heard: Sequence[dict[int, float]], *, began: float) -> float:
    return sum(len(one) for one in heard) / (max(max(one.values()) for one in heard) - began)


def _flat(by_kind: list[list[dict[int, float]]]) -> list[dict[int, float]]:
    return [one for made in by_kind for one in made if one]


def _text(desk: Desk) -> str:
    """Return the bytes of a message as the hub sends it."""
    with desk.socket() as socket:
        socket.send(json.dumps({"type": "subscribe", "bot_id": desk.bot_id(), "since": 0}))
        while True:
            text = str(socket.recv(timeout=10))
            if '"number":0' in text:
                return text


def _ask_inside(desk: Desk, path: str, asked: dict[str, Any]) -> Any:
    with connect(desk.sockets_base + path, proxy=None, ping_interval=None) as socket:
        socket.send(json.dumps(asked))
        return json.loads(socket.recv(timeout=120))


def resident_kb(pid: int) -> int:
    """Return the resident memory of a server: its process and the children that it serves from."""
    family = {pid}
    for status in Path("/proc").glob("[0-9]*/stat"):
        fields = status.read_text().rpartition(")")[2].split()
        if int(fields[1]) == pid:
            family.add(int(status.parent.name))
    pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in family)
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
