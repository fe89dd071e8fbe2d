"""The inbox's section of the table: alerts in flight against real processes, over real sockets."""

import http.client
import json
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk
from config.bench.serving import Serving, memory_mib, serving
from config.bench.watching import Ask, asking, watching

BOTS, ACCOUNTS = 8, 10
ALERTS_PER_BOT = 25
WARM_UP = 4
SAME = 200
SETTLE_SECONDS = 60
BUY = {"symbol": "BTCUSDT", "side": "buy", "size": "1%", "leverage": "5"}
CLOSE = {"symbol": "BTCUSDT", "side": "close"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One alert as its sender saw it: when its last byte was sent, seconds from connecting to the whole answer."""

    alert_id: str
    sent_at: float
    seconds: float
    status: str
    correlation_id: str


def measure(place: Place) -> Figures:
    """Return how long alerts take that are in flight together, and what the embedded process weighs afterwards."""
    with fresh_desk(place) as desk:
        *bots, last = in_child("config.bench.desks:make_bots", env=desk.env, number=BOTS + 1, accounts=ACCOUNTS)
        with serving(desk) as server, asking(desk) as ask:
            keys = [bot["key"] for bot in bots]
            _in_flight(server, keys, alerts=WARM_UP)
            with watching(desk) as seen:
                answers = _in_flight(server, keys, alerts=ALERTS_PER_BOT)
                _settle(ask)
            figures = {**_waits(answers, seen), **_same_alert(server, last["key"], ask)}
            return figures | (_memory(server) if not desk.database_url else {})


def post(port: int, key: str, body: dict[str, str]) -> Answer:
    """Send one alert on a connection of its own, as TradingView does. Raises where it is not taken."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/api/v1/webhook/tradingview/{key}", json.dumps(body), headers)
    sent_at = time.perf_counter()
    told = json.loads(connection.getresponse().read())
    seconds = time.perf_counter() - began
    connection.close()
    if not told["success"]:
        raise RuntimeError(f"an alert was refused: {told}")
    return Answer(body["alert_id"], sent_at, seconds, told["data"]["status"], told["data"]["correlation_id"])


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the nearest rank: the smallest value that at least `percent` of all do not exceed."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def _in_flight(server: Serving, keys: Sequence[str], *, alerts: int) -> list[Answer]:
    """Keep one alert in flight on each bot, buying and closing in turn, until each has had so many."""

    def one_bot(key: str) -> list[Answer]:
        bodies = (BUY if number % 2 == 0 else CLOSE for number in range(alerts))
        return [post(server.port, key, {**body, "alert_id": str(uuid.uuid4())}) for body in bodies]

    with ThreadPoolExecutor(len(keys)) as pool:
        return [answer for answers in pool.map(one_bot, keys) for answer in answers]


def _waits(answers: Sequence[Answer], seen: dict[str, float]) -> Figures:
    stored = [(seen[answer.alert_id] - answer.sent_at) * 1000 for answer in answers]
    whole = [answer.seconds * 1000 for answer in answers]
    early = sum(answer.status == "processing" for answer in answers)
    return {
        "last byte sent to delivery committed, p99": Figure(
            percentile(stored, 99), "ms", limit=100, note=f"{_spread(stored)}; at most: seen by polling"
        ),
        "whole answer, p99": Figure(
            percentile(whole, 99), "ms", limit=1000, note=f"{_spread(whole)}; {early} of {len(answers)} without results"
        ),
    }


def _spread(values: Sequence[float]) -> str:
    return f"p50 {percentile(values, 50):.0f}, max {max(values):.0f}"


def _same_alert(server: Serving, key: str, ask: Ask) -> Figures:
    """Send the same bytes many times at once; raise unless one set of orders came of it."""
    body = {**BUY, "alert_id": str(uuid.uuid4())}
    together = Barrier(SAME)

    def send(_: int) -> Answer | None:
        together.wait()
        try:
            return post(server.port, key, body)
        except OSError:
            return None

    before = _orders(ask)
    with ThreadPoolExecutor(SAME) as pool:
        answers = [answer for answer in pool.map(send, range(SAME)) if answer]
    _settle(ask)
    signals, orders = {answer.correlation_id for answer in answers}, _orders(ask) - before
    if (len(signals), orders) != (1, ACCOUNTS):
        raise RuntimeError(f"{SAME} identical alerts became {len(signals)} signals and {orders} orders")
    slowest = max(answer.seconds for answer in answers) * 1000
    name = f"{SAME} identical alerts at once"
    return {
        f"{name}, slowest answer": Figure(slowest, "ms", note=f"1 signal, {orders} orders"),
        f"{name}, connections lost": Figure(SAME - len(answers), "", limit=0),
    }


def _memory(server: Serving) -> Figures:
    held = memory_mib(server.pid)
    if held is None:
        return {}
    return {"memory of the one process afterwards": Figure(held[0], "MiB", limit=250, note=f"at most {held[1]:.0f}")}


def _settle(ask: Ask) -> None:
    """Wait until no delivery is left to do."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        [(left,)] = ask("SELECT count(*) FROM webhooks_delivery WHERE status IN ('received', 'processing')")
        if not left:
            return
        time.sleep(0.05)
    raise RuntimeError("the inbox did not empty")


def _orders(ask: Ask) -> int:
    [(orders,)] = ask("SELECT count(*) FROM trading_order")
    return int(orders)
