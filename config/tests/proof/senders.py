"""Sends alerts as TradingView does, and remembers what was acknowledged and how long the slowest answer took."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count, cycle

import requests

from config.tests.processes import START_SECONDS
from config.tests.proof.cast import Alerted
from config.tests.proof.desks import Desk

SIDES = ("buy", "sell", "close", "buy", "sell")


class Senders:
    """Many senders at once, each on a connection that is kept."""

    def __init__(self, desk: Desk, *, luck: random.Random, many: int = 50) -> None:
        self._desk, self._luck = desk, luck
        self._pool, self._many = ThreadPoolExecutor(many), many
        self._together: threading.Barrier | None = None
        self._mine = threading.local()
        self._numbers = count()
        self._doors = cycle(desk.addresses)
        self.acknowledged: list[str] = []
        self.statuses: list[int] = []
        self.slowest = 0.0

    def fire(self, many: int) -> list[Future[dict | None]]:
        """Send alerts that all differ, to bots by chance, without waiting for the answers."""
        return [
            self._pool.submit(self.post, self._luck.choice(self._desk.bots), self._luck.choice(SIDES))
            for _ in range(many)
        ]

    def post(self, bot: Alerted, side: str, **more: str) -> dict | None:
        """Send one alert; return the answer's data, None where it was not acknowledged."""
        alert = {"symbol": bot.symbol, "side": side, "alert_id": f"{next(self._numbers)}-{time.time_ns()}", **more}
        session, address = self._session(), self._address()
        if self._together:
            self._together.wait()
        began = time.monotonic()
        try:
            answer = session.post(f"{address}/api/v1/webhook/tradingview/{bot.key}", json=alert, timeout=30)
        except requests.RequestException:
            self._mine.session = None
            return None
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.statuses.append(answer.status_code)
        if answer.status_code != 200:
            return None
        data: dict = answer.json()["data"]
        self.acknowledged.append(data["correlation_id"])
        return data

    def burst(self, bot: Alerted, sides: Sequence[str]) -> None:
        """Send one bot's alerts as fast as there are senders for them, and wait for the answers."""
        list(self._pool.map(lambda side: self.post(bot, side), sides))

    def same(self, many: int, bot: Alerted, *, alert_id: str) -> list[Future[dict | None]]:
        """Send one alert so many times at once, as soon as all senders are there."""
        self._together = threading.Barrier(min(many, self._many))
        return [self._pool.submit(self.post, bot, "buy", alert_id=alert_id) for _ in range(many)]

    def end(self) -> None:
        self._pool.shutdown(wait=True)

    def wait_for_answer(self) -> None:
        """Wait until one more alert is acknowledged."""
        before, until = len(self.acknowledged), time.monotonic() + START_SECONDS
        while len(self.acknowledged) == before:
            assert time.monotonic() < until, "no alert is acknowledged"
            time.sleep(0.01)

    def _address(self) -> str:
        """Each thread stays at one door."""
        if not hasattr(self._mine, "address"):
            self._mine.address = next(self._doors)
        return str(self._mine.address)

    def _session(self) -> requests.Session:
        if getattr(self._mine, "session", None) is None:
            self._mine.session = requests.Session()
        return self._mine.session
