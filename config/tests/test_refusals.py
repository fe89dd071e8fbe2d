"""What would not work together does not start, and says why in a sentence."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.tests.desks import PYTHON, Desk, embedded_desk
from config.tests.processes import ROOT, bootstrap, environment, free_port, run

pytestmark = pytest.mark.slow

NEEDS_REDIS = "Several processes need REDIS_URL"
MANAGE = (sys.executable, "manage.py")
ALONE = {
    "worker": (str(PYTHON / "celery"), "-A", "config", "worker", "--pool", "solo"),
    "relay": (*MANAGE, "relay"),
    "sockets": (*MANAGE, "sockets"),
    "wsgi": (sys.executable, "-c", "import config.wsgi"),
    "asgi": (sys.executable, "-c", "import config.asgi"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with embedded_desk(tmp_path_factory.mktemp("refusals")) as running:
        yield running


def refused(*command: str, env: dict[str, str]) -> str:
    """Return what a command that must fail says."""
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ALONE)
def test_it_does_not_start_beside_others_without_redis(desk: Desk, name: str):
    assert NEEDS_REDIS in refused(*ALONE[name], env=desk.env)


def test_a_second_desk_does_not_serve_the_same_data(desk: Desk):
    told = refused(*MANAGE, "serve", "--port", str(free_port()), env=desk.env)
    assert f"Another process serves the desk in {desk.env['DATA_DIR']} already" in told
    assert "Traceback" not in told


def test_a_worker_does_not_start_on_a_ledger_without_its_triggers(tmp_path: Path):
    bootstrap(environment(tmp_path))
    env = environment(tmp_path, REDIS_URL="redis://127.0.0.1:1/0")
    run("manage.py", "shell", "-c", "from core import triggers; triggers.remove()", env=env)
    assert "accounts_transfer_no_update" in refused(*ALONE["worker"], env=env)
