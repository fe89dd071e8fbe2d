"""The desk as people run it: real processes, real sockets, one alert."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from config.tests.desks import needs_servers, redis_server
from config.tests.processes import (
    START_SECONDS,
    alert_url,
    bootstrap,
    demo_on_postgresql,
    environment,
    free_port,
    run,
    started,
    wait_for,
)

pytestmark = pytest.mark.slow

BUY = {"symbol": "BTCUSDT", "side": "buy", "size": "10%", "leverage": "5", "takeprofit": "5%"}
ACCOUNTS = 5
STOPPED_SECONDS = 15  # on an idle machine it is one and a half


def serve(port: int) -> list[str]:
    return [sys.executable, "manage.py", "serve", "--port", str(port)]


def logged_in(base: str) -> dict[str, str]:
    answer = requests.post(
        f"{base}/api/v1/auth/login", json={"username": "admin", "password": "Admin-pass-7"}, timeout=60
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def order_count(base: str, headers: dict[str, str]) -> int:
    return int(requests.get(f"{base}/api/v1/orders?limit=1", headers=headers, timeout=60).json()["total"])


@pytest.fixture(autouse=True)
def _heeds_interrupts():
    """What a shell runs in the background ignores SIGINT, and so does all that it starts: not here."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def desk(tmp_path: Path):
    """A fresh embedded desk that serves: its base address and its process."""
    env = environment(tmp_path)
    bootstrap(env, "--demo")
    port = free_port()
    with started(*serve(port), env=env, log=tmp_path / "serve.log") as process:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}", process


def test_the_printed_curl_trades_every_account(desk):
    process = desk[1]
    answer = requests.post(alert_url(process.text()), json=BUY, timeout=60).json()
    assert (answer["success"], answer["data"]["success_count"]) == (True, ACCOUNTS)


def test_the_same_alert_fifty_times_at_once_is_one_set_of_orders(desk):
    base, process = desk
    headers = logged_in(base)
    before = order_count(base, headers)
    url = alert_url(process.text())
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: requests.post(url, json=BUY, timeout=60), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["correlation_id"] for answer in answers}) == 1
    assert order_count(base, headers) - before == ACCOUNTS


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_waits_for_nobody(desk, how):
    assert desk[1].stop(how) < STOPPED_SECONDS


def test_connections_of_a_burst_wait_for_a_busy_server(desk):
    base, process = desk
    address = ("127.0.0.1", int(base.rpartition(":")[2]))
    process.popen.send_signal(signal.SIGSTOP)
    try:
        with ExitStack() as stack:
            taken = [stack.enter_context(socket.create_connection(address, timeout=30)) for _ in range(200)]
    finally:
        process.popen.send_signal(signal.SIGCONT)
    assert len(taken) == 200


def test_a_second_start_keeps_the_data_and_the_admin(desk, tmp_path):
    base, process = desk
    before = order_count(base, logged_in(base))
    process.stop()
    again = environment(tmp_path, ADMIN_PASSWORD="Another-pass-8")
    run("manage.py", "bootstrap", "--demo", env=again)
    port = free_port()
    with started(*serve(port), env=again, log=tmp_path / "again.log") as second:
        wait_for(f"http://127.0.0.1:{port}/health", second)
        assert order_count(f"http://127.0.0.1:{port}", logged_in(f"http://127.0.0.1:{port}")) == before


def test_it_refuses_to_serve_a_ledger_without_its_triggers(tmp_path):
    env = environment(tmp_path)
    bootstrap(env)
    run("manage.py", "shell", "-c", "from core import triggers; triggers.remove()", env=env)
    with started(*serve(free_port()), env=env, log=tmp_path / "serve.log") as process:
        assert process.popen.wait(timeout=60) != 0
        assert "accounts_transfer_no_update" in process.text()


@needs_servers
def test_distributed_web_and_worker_trade_every_account(tmp_path):
    port, redis_port, python = free_port(), free_port(), Path(sys.executable).parent
    redis_url, server_url = f"redis://127.0.0.1:{redis_port}/0", os.environ["TEST_DATABASE_URL"]
    with redis_server(tmp_path, redis_port), demo_on_postgresql(tmp_path, server_url, REDIS_URL=redis_url) as env:
        web = (
            str(python / "granian"),
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "--blocking-threads",
            "8",
            "config.wsgi:application",
        )
        worker = (str(python / "celery"), "-A", "config", "worker", "--loglevel", "WARNING", "--concurrency", "2")
        with (
            started(*web, env=env, log=tmp_path / "web.log") as server,
            started(*worker, env=env, log=tmp_path / "worker.log"),
        ):
            wait_for(f"http://127.0.0.1:{port}/health", server)
            url = alert_url(run("manage.py", "banner", "--port", str(port), env=env))
            answer = requests.post(url, json=BUY, timeout=60).json()
            wait_for_results(answer, f"http://127.0.0.1:{port}")


def wait_for_results(answer: dict, base: str) -> None:
    """The worker may still be starting when the alert comes: then the results are read a little later."""
    assert answer["success"], answer
    key, headers = answer["data"]["correlation_id"], logged_in(base)
    told = told_once(f"{base}/api/v1/signals/{key}", headers, lambda signal: signal.get("status") == "processed")
    assert told["success_count"] == ACCOUNTS
    # It is noted after the answer.
    address = f"{base}/api/v1/webhook/deliveries/{key}"
    delivery = told_once(address, headers, lambda delivery: delivery["answered_at"])
    assert delivery["answered_at"] > delivery["received_at"]


def told_once(address: str, headers: dict[str, str], is_so: Callable[[dict], object]) -> dict:
    """Return what is told at an address once it is so."""
    until = time.monotonic() + START_SECONDS
    while not is_so(told := requests.get(address, headers=headers, timeout=60).json()):
        assert time.monotonic() < until, told
        time.sleep(0.1)
    return told
