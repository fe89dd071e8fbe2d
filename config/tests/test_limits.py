"""A limit is one limit, however many processes answer."""

import itertools
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from config.tests.desks import PYTHON, Desk, redis_server
from config.tests.processes import bootstrap, environment, free_port, started, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("redis-server"), reason="needs redis-server"),
]

WORKERS = 4
LIMIT = 100
CALLS = 200
TOLD = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory):
    """Four web processes on one Redis, which let a user ask a hundred times a minute."""
    folder = tmp_path_factory.mktemp("limits")
    port, redis_port = free_port(), free_port()
    bootstrap(environment(folder))
    env = environment(folder, REDIS_URL=f"redis://127.0.0.1:{redis_port}/0", RATE_LIMIT_PER_MINUTE=str(LIMIT))
    options = ("--interface", "wsgi", "--port", str(port), "--workers", str(WORKERS), "--blocking-threads", "2")
    web = (str(PYTHON / "granian"), *options, "config.wsgi:application")
    with (
        redis_server(folder, redis_port) as redis,
        started(*web, env=env, log=folder / "web.log") as server,
    ):
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield Desk(f"http://127.0.0.1:{port}", env, {"web": server, "redis": redis})


def asked(base: str, token: str) -> requests.Response:
    """Ask on a connection of its own, so that all processes take part."""
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    return requests.get(f"{base}/api/v1/auth/me", headers=headers, timeout=60)


def token_of(base: str) -> str:
    body = {"username": "admin", "password": "Admin-pass-7"}
    return str(requests.post(f"{base}/api/v1/auth/login", json=body, timeout=60).json()["access_token"])


def test_four_processes_let_through_exactly_the_limit(desk: Desk):
    token, began = token_of(desk.base), time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(asked, itertools.repeat(desk.base, CALLS), itertools.repeat(token, CALLS)))
    assert time.monotonic() - began < 50  # else places have become free in between
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (LIMIT, CALLS - LIMIT)
    assert all(name in answer.headers for answer in answers for name in TOLD)
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 429)


def test_with_redis_away_reading_goes_on_and_login_is_refused(desk: Desk):
    token = token_of(desk.base)
    desk.processes["redis"].stop()
    assert asked(desk.base, token).status_code == 200
    refused = requests.post(f"{desk.base}/api/v1/auth/login", json={"username": "admin", "password": "x"}, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
    assert refused.headers["Retry-After"] == "3"
    assert requests.get(f"{desk.base}/api/v1/webhook/tradingview/test", timeout=60).status_code == 200
