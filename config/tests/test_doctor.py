"""`manage.py doctor` as operators run it: on a sound desk and on desks that are down, never a traceback."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.tests.processes import ROOT, bootstrap, environment, free_port

pytestmark = pytest.mark.slow

PASSWORD = "hunter2"
ENOUGH_SECONDS = 120  # a machine may be slow; unlimited waiting for a server would be minutes


def examined(env, *arguments):
    """Run the doctor and return its exit status and both of its outputs."""
    command = [sys.executable, "manage.py", "doctor", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=ENOUGH_SECONDS
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def levels(env):
    """Return the exit status and the worst level of each examination."""
    status, out, _ = examined(env, "--json")
    order = ["skipped", "ok", "warning", "error"]
    worst = {}
    for finding in json.loads(out)["findings"]:
        worst[finding["name"]] = max(worst.get(finding["name"], "skipped"), finding["level"], key=order.index)
    return status, worst


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a bootstrapped embedded desk that does not serve now."""
    folder = tmp_path_factory.mktemp("made")
    bootstrap(environment(folder), "--demo")
    return folder


def test_a_bootstrapped_desk_has_no_error(made):
    status, worst = levels(environment(made))
    warned = {name for name, level in worst.items() if level == "warning"}
    assert (status, "error" in worst.values()) == (0, False)
    assert warned - {"streams"} == {"beat"}  # no relay runs: on a slow machine the demo's messages are old by now


def test_an_empty_folder_stays_without_secrets_and_database(tmp_path):
    status, worst = levels(environment(tmp_path))
    assert (status, worst["secrets"], worst["database"], worst["books"]) == (1, "error", "error", "skipped")
    assert [path.name for path in tmp_path.rglob("*")] == ["static"]


def test_lost_secrets_are_told_and_not_made_anew(made):
    secrets, kept = made / "secrets.env", made / "kept.env"
    secrets.rename(kept)
    status, worst = levels(environment(made))
    assert (status, worst["secrets"], worst["bots"], secrets.exists()) == (1, "error", "error", False)
    kept.rename(secrets)


def test_servers_where_nobody_listens(tmp_path):
    port = free_port()
    urls = {
        "DATABASE_URL": f"postgres://desk:{PASSWORD}@127.0.0.1:{port}/desk",
        "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{port}/0",
    }
    status, worst = levels(environment(tmp_path, **urls))
    assert (status, worst["database"], worst["redis"], worst["environment"]) == (1, "error", "error", "ok")
    assert {worst[name] for name in ("migrations", "books", "inbox", "workers", "beat")} == {"skipped"}


@pytest.fixture
def mute():
    """The port of a server that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_servers_that_say_nothing_are_not_waited_for(tmp_path, mute):
    urls = {"DATABASE_URL": f"postgres://desk@127.0.0.1:{mute}/desk", "REDIS_URL": f"redis://127.0.0.1:{mute}/0"}
    status, worst = levels(environment(tmp_path, **urls))
    assert (status, worst["database"], worst["redis"]) == (1, "error", "error")


def test_a_database_without_tables(tmp_path):
    (tmp_path / "desk.sqlite3").touch()
    status, worst = levels(environment(tmp_path))
    assert (status, worst["database"], worst["migrations"], worst["inbox"]) == (1, "ok", "error", "skipped")


def test_a_database_file_of_noise(tmp_path):
    (tmp_path / "desk.sqlite3").write_bytes(b"noise" * 1000)
    assert levels(environment(tmp_path))[1]["database"] == "error"


@pytest.mark.parametrize(
    "bad",
    [
        {"DATABASE_URL": f"nonsense://desk:{PASSWORD}@db/desk"},
        {"HTTPS": "1"},
        {"CONN_MAX_AGE": "soon", "DATABASE_URL": f"postgres://desk:{PASSWORD}@127.0.0.1:1/desk"},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_settings_that_cannot_be_read(tmp_path, bad):
    status, worst = levels(environment(tmp_path, **bad))
    assert (status, worst["settings"], worst["secrets"]) == (1, "error", "error")


def test_a_data_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    status, worst = levels(environment(tmp_path / "file" / "data"))
    assert (status, worst["environment"], worst["settings"]) == (1, "error", "error")


def test_a_table_has_no_colour_where_nobody_looks(made: Path):
    assert "\x1b" not in examined(environment(made))[1]
    assert "\x1b" in examined(environment(made), "--force-color")[1]


def test_only_one_examination(made):
    assert examined(environment(made), "--only", "inbox")[1].count("inbox") == 2


def test_an_unknown_examination_is_refused_with_the_names_there_are(made):
    status, _, err = examined(environment(made), "--only", "weather")
    assert (status, "migrations, " in err) == (1, True)
