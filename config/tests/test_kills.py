"""kill -9 in the middle of a burst: what was acknowledged is traded once, and the books are true."""

import itertools
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack

import pytest
import requests

from config.tests.processes import alert_url, environment, free_port, run, started, wait_for
from config.tests.test_processes import logged_in

pytestmark = pytest.mark.proof

ROUNDS = int(os.environ.get("PROOF_KILLS", "10"))
ALERTS = 20
SETTLE_SECONDS = 60


def fire(url: str, number: int) -> str | None:
    """Post one alert; return its correlation id, None where the server was gone before it answered."""
    side = random.choice(["buy", "sell", "close"])
    body = {"symbol": "BTCUSDT", "side": side, "size": "1%", "alert_id": f"{number}-{time.monotonic_ns()}"}
    try:
        return str(requests.post(url, json=body, timeout=20).json()["data"]["correlation_id"])
    except requests.RequestException:
        return None


def settled(base: str, headers: dict[str, str]) -> None:
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        counts = [
            requests.get(f"{base}/api/v1/webhook/deliveries?limit=1&status={status}", headers=headers, timeout=20)
            for status in ("received", "processing")
        ]
        if all(count.json()["total"] == 0 for count in counts):
            return
        time.sleep(0.5)
    raise AssertionError("the inbox did not empty")


def check_books(base: str, headers: dict[str, str]) -> None:
    accounts = requests.get(f"{base}/api/v1/accounts?limit=100", headers=headers, timeout=20).json()["items"]
    for account in accounts:
        books = requests.get(f"{base}/api/v1/accounts/{account['id']}/reconcile", headers=headers, timeout=20).json()
        assert books["difference"] == "0"


def check_signal(base: str, headers: dict[str, str], correlation_id: str) -> None:
    told = requests.get(f"{base}/api/v1/signals/{correlation_id}", headers=headers, timeout=20).json()
    assert told["status"] == "processed"
    assert {result["status"] for result in told["results"]} <= {"filled", "skipped", "rejected"}
    assert all(len(result["order_ids"]) <= 2 for result in told["results"])


def test_kill_nine_in_a_burst_loses_and_doubles_nothing(tmp_path):
    env = environment(tmp_path)
    run("manage.py", "bootstrap", "--demo", env=env)
    acknowledged: list[str] = []
    for number in range(ROUNDS):
        port = free_port()
        command = (sys.executable, "manage.py", "serve", "--port", str(port))
        with ExitStack() as stack:
            process = stack.enter_context(started(*command, env=env, log=tmp_path / f"{number}.log"))
            wait_for(f"http://127.0.0.1:{port}/health", process)
            url = alert_url(process.text())
            with ThreadPoolExecutor(8) as pool:
                sent = [pool.submit(fire, url, index) for index in range(ALERTS)]
                answered = itertools.islice(as_completed(sent), random.randint(1, ALERTS // 2))
                list(answered)  # the others are somewhere on the road when the server dies
                process.stop(signal.SIGKILL)
            acknowledged += [told for future in sent if (told := future.result())]
    port = free_port()
    with started(sys.executable, "manage.py", "serve", "--port", str(port), env=env, log=tmp_path / "last.log") as last:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/health", last)
        headers = logged_in(base)
        settled(base, headers)
        check_books(base, headers)
        for correlation_id in acknowledged:
            check_signal(base, headers, correlation_id)
    assert len(acknowledged) >= ROUNDS
