"""What the road from a commit to a thousand sockets takes, and what a thousand idle sockets weigh.

Distributed: the sockets' own process, a relay, PostgreSQL and a Redis of its own; embedded: the one process. Channels'
own group_send sends the same bytes to as many sockets of the same server, in the same run: the ratio is what counts.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from websockets.sync.client import connect

from config.bench.figures import Figure, Figures
from config.bench.places import Place
from config.bench.stream_server import GROUP
from config.tests.desks import Command, Desk, distributed_desk, embedded_desk, redis_server
from config.tests.processes import ROOT, free_port

SOCKETS = 1000
PACED = 100
PACE_SECONDS = 0.2
BURST = 100
GROUPED = 30
MOST_P99_MS = 50.0
LEAST_RATIO = 15.0


def measure(place: Place) -> Figures:
    """Return the figures of the embedded desk for SQLite, of separate sockets and relay for PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, _desk(place, Path(folder)) as (desk, layer):
        process = next(iter(desk.processes.values()))
        return _figures(_measure(desk, process.popen.pid, SOCKETS, layer=layer))


@contextmanager
def _desk(place: Place, folder: Path) -> Iterator[tuple[Desk, RedisPubSubChannelLayer | None]]:
    if not place.database_url:
        with embedded_desk(folder, module="config.bench.stream_server") as desk:
            yield desk, None
        return
    port = free_port()
    with (
        redis_server(folder, port),
        distributed_desk(folder, redis_port=port, server=_bench_server, postgresql=place.database_url) as desk,
    ):
        yield desk, RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{port}/0"])


def _figures(told: dict[str, Any]) -> Figures:
    grouped = told["group_send_per_second"]
    is_distributed = grouped is not None
    return {
        "from commit to socket, p50": Figure(told["p50_ms"], "ms", note=f"{SOCKETS:,} sockets, 5 messages a second"),
        "from commit to socket, p99": Figure(told["p99_ms"], "ms", limit=MOST_P99_MS if is_distributed else None),
        "deliveries a second, beside group_send": Figure(
            told["burst_per_second"], "/s", floor=grouped, at_least=LEAST_RATIO if is_distributed else None
        ),
        "memory with all sockets idle": Figure(
            told["idle_rss_mb"], "MiB", note=f"{told['kb_per_idle_socket']:.0f} KiB a socket"
        ),
    }


def _bench_server(port: int) -> Command:
    return (sys.executable, "-m", "config.bench.stream_server", str(port))


def _measure(desk: Desk, pid: int, sockets: int, *, layer: RedisPubSubChannelLayer | None) -> dict[str, Any]:
    bot_id = desk.bot_id()
    subscribe = json.dumps({"type": "subscribe", "bot_id": bot_id})
    path = f"/ws/{desk.user_id}?token={desk.token}"
    empty = _resident_kb(pid)
    paced = [[number] for number in range(PACED)]
    with _watching(desk, path, subscribe, sockets, last=PACED - 1) as clients:
        idle = _resident_kb(pid)
        committed = _tell(desk, bot_id, paced, pause_seconds=PACE_SECONDS, inside=layer is None)
        arrived = json.loads(clients.communicate(timeout=60)[0])
    delays = sorted((at - committed[n]) * 1000 for one in arrived for n, at in one.items())
    with _watching(desk, path, subscribe, sockets, last=BURST - 1) as clients:
        committed = _tell(desk, bot_id, [list(range(BURST))], pause_seconds=0, inside=layer is None)
        arrived = json.loads(clients.communicate(timeout=60)[0])
    burst = BURST * sockets / (max(max(one.values()) for one in arrived) - committed["0"])
    grouped = None if layer is None else _group_burst(desk, sockets, layer, _text(desk, bot_id))
    return {
        "p50_ms": statistics.median(delays),
        "p99_ms": delays[int(len(delays) * 0.99)],
        "burst_per_second": burst,
        "group_send_per_second": grouped,
        "idle_rss_mb": idle / 1024,
        "kb_per_idle_socket": (idle - empty) / sockets,
    }


def _group_burst(desk: Desk, sockets: int, layer: RedisPubSubChannelLayer, text: str) -> float:
    async def send() -> float:
        began = time.monotonic()
        for number in range(GROUPED):
            numbered = text.replace('"number":0', f'"number":{number}')
            await layer.group_send(GROUP, {"type": "bench.told", "text": numbered})
        await layer.flush()
        return began

    with _watching(desk, "/bench/groups", "", sockets, last=GROUPED - 1) as clients:
        time.sleep(1)
        began = asyncio.run(send())
        arrived = json.loads(clients.communicate(timeout=300)[0])
    return GROUPED * sockets / (max(max(one.values()) for one in arrived) - began)


def _text(desk: Desk, bot_id: str) -> str:
    """Return the bytes of a message as the hub sends it."""
    with desk.socket() as socket:
        socket.send(json.dumps({"type": "subscribe", "bot_id": bot_id, "since": 0}))
        while True:
            text = str(socket.recv(timeout=10))
            if '"number":0' in text:
                return text


def _tell(desk: Desk, bot_id: str, batches: list[list[int]], *, pause_seconds: float, inside: bool) -> dict[str, float]:
    asked = {"bot_id": bot_id, "batches": batches, "pause_seconds": pause_seconds}
    if inside:
        with connect(desk.base.replace("http", "ws", 1) + "/bench/tell", proxy=None) as socket:
            socket.send(json.dumps(asked))
            return dict(json.loads(socket.recv(timeout=120)))
    code = f"import json; from config.bench.telling import tell; print(json.dumps(tell(**{asked!r})))"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=desk.env, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _watching(desk: Desk, path: str, say: str, count: int, *, last: int) -> Iterator["subprocess.Popen[str]"]:
    url = desk.base.replace("http", "ws", 1) + path
    command = [sys.executable, "-m", "config.bench.stream_clients", url, say, str(count), str(last)]
    with subprocess.Popen(command, cwd=ROOT, env=desk.env, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdout is not None
        if clients.stdout.readline().strip() != "ready":
            raise RuntimeError("the sockets did not connect")
        try:
            yield clients
        finally:
            clients.kill()


def _resident_kb(pid: int) -> int:
    """Return the resident memory of a server: its process and the children that it serves from."""
    family = {pid}
    for status in Path("/proc").glob("[0-9]*/stat"):
        fields = status.read_text().rpartition(")")[2].split()
        if int(fields[1]) == pid:
            family.add(int(status.parent.name))
    pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in family)
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
