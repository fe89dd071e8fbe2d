"""Schemathesis, with all of its checks, finds nothing: the schema says what is taken, and what is answered."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from config.tests.desks import distributed_desk, needs_servers, redis_server
from config.tests.processes import free_port
from config.tests.proof.doses import EXAMPLES, SEED

pytestmark = [pytest.mark.proof, needs_servers]

CONFIG = Path(__file__).with_name("schemathesis.toml")
BIN = Path(sys.executable).parent
TRADER = {"username": "fuzzer", "email": "fuzzer@example.com", "password": "Correct-horse-7"}
SETTINGS = "DJANGO_SETTINGS_MODULE=config.tests.proof.fuzz_settings"


def web(port: int) -> tuple[str, ...]:
    server = (str(BIN / "granian"), "--interface", "wsgi", "--port", str(port), "--blocking-threads", "8")
    return ("env", SETTINGS, *server, "config.wsgi:application")


@pytest.fixture
def desk(tmp_path):
    port = free_port()
    with redis_server(tmp_path, port), distributed_desk(tmp_path, redis_port=port, server=web) as made:
        requests.post(f"{made.base}/api/v1/auth/register", json=TRADER, timeout=60).raise_for_status()
        yield made


@pytest.mark.parametrize(
    ("username", "password"), [("admin", "Admin-pass-7"), (TRADER["username"], TRADER["password"])]
)
def test_schemathesis_finds_nothing(desk, tmp_path, capfd, username, password):
    schema = f"{desk.base}/api/v1/schema?format=json"
    fuzz = [str(BIN / "schemathesis"), "--config-file", str(CONFIG), "run", schema, "--checks", "all", "--no-color"]
    dose = ["--max-examples", str(EXAMPLES), "--seed", str(SEED)]
    env = {**os.environ, "FUZZ_USERNAME": username, "FUZZ_PASSWORD": password}
    found = subprocess.run([*fuzz, *dose], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    with capfd.disabled():
        print(f"\n{username}, seed {SEED}:{found.stdout.partition('Test cases:')[2]}")
    assert found.returncode == 0, found.stdout + found.stderr
