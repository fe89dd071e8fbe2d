"""What the road from a commit to a thousand sockets takes, and what a thousand idle sockets weigh.

Distributed: sockets on granian, a relay, PostgreSQL and a Redis of its own; embedded: the one process. Channels' own
group_send sends the same bytes to as many sockets of the same server, in the same run: the ratio is what counts.
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

from config.bench.stream_server import GROUP
from config.tests.desks import HAS_SERVERS, Command, Desk, distributed_desk, embedded_desk, redis_server
from config.tests.processes import ROOT, free_port

SOCKETS = 1000
PACED = 100
PACE_SECONDS = 0.2
BURST = 100
GROUPED = 30


def measure_streams(*, sockets: int = SOCKETS) -> dict[str, Any]:
    """Return the figures of both modes by name; of the embedded one only where there is no PostgreSQL or Redis."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one").mkdir()
        with embedded_desk(Path(folder) / "one", module="config.bench.stream_server") as desk:
            figures = {"embedded": _measure(desk, desk.processes["serve"].popen.pid, sockets, layer=None)}
        if HAS_SERVERS:
            port = free_port()
            layer = RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{port}/0"])
            with (
                redis_server(Path(folder), port),
                distributed_desk(Path(folder), redis_port=port, server=_bench_server) as desk,
            ):
                figures["distributed"] = _measure(desk, desk.processes["sockets"].popen.pid, sockets, layer=layer)
    return figures


def stream_lines(figures: dict[str, Any]) -> list[str]:
    """Return the lines of the report."""
    lines = [f"{'sockets':12} {'ms p50':>8} {'ms p99':>8} {'burst/s':>9} {'group/s':>9} {'ratio':>6} {'kB each':>8}"]
    for mode, row in figures.items():
        lines.append(
            f"{mode:12} {row['p50_ms']:8.1f} {row['p99_ms']:8.1f} {row['burst_per_second']:9.0f} "
            f"{row['group_send_per_second'] or 0:9.0f} {row['ratio'] or 0:6.1f} {row['kb_per_idle_socket']:8.1f}"
        )
    return lines


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
        "sockets": sockets,
        "p50_ms": statistics.median(delays),
        "p99_ms": delays[int(len(delays) * 0.99)],
        "burst_per_second": burst,
        "group_send_per_second": grouped,
        "ratio": None if grouped is None else burst / grouped,
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
