"""The surroundings: Python, the data folder, the disk, the pair of addresses."""

import resource
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.examinations.environment import (
    MEBIBYTE,
    data_dir,
    python_finding,
    servers_finding,
    space_finding,
    space_findings,
    writable_finding,
)


@pytest.mark.parametrize(("version", "level"), [((3, 11, 0), "ok"), ((3, 12, 1), "ok"), ((3, 10, 9), "error")], ids=str)
def test_python_is_new_enough_or_not(version, level):
    assert python_finding(version).level == level


def test_a_folder_that_can_be_written_is_ok_and_left_empty(tmp_path):
    assert writable_finding(tmp_path).level == "ok"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["/proc", "/dev/null", "/nowhere/at/all"])
def test_a_folder_that_cannot_be_written_is_an_error(folder):
    finding = writable_finding(Path(folder))
    assert finding.level == "error"
    assert folder in finding.found


@contextmanager
def full_disk():
    """Let this process not write another byte into any file; not for longer: the tests' own report may go to one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_folder_on_a_full_disk_is_an_error(tmp_path):
    with full_disk():
        finding = writable_finding(tmp_path)
    assert finding.level == "error"


@pytest.mark.parametrize(("mebibytes", "level"), [(1024, "ok"), (1023, "warning"), (99, "error"), (0, "error")])
def test_free_space_is_judged(mebibytes, level):
    assert space_finding(mebibytes * MEBIBYTE).level == level


def test_the_space_of_a_folder_that_is_not_there_is_not_judged(tmp_path):
    assert list(space_findings(tmp_path / "gone")) == []
    assert len(list(space_findings(tmp_path))) == 1


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({}, "ok"),
        ({"DATABASE_URL": "postgres://db/desk", "REDIS_URL": "redis://cache/0"}, "ok"),
        ({"DATABASE_URL": "postgres://db/desk"}, "warning"),
        ({"DATABASE_URL": "", "REDIS_URL": "redis://cache/0"}, "warning"),
    ],
    ids=str,
)
def test_both_addresses_or_neither(environment, level):
    assert servers_finding(environment).level == level


def test_the_data_folder_is_the_one_of_the_settings(settings):
    assert data_dir({"DATA_DIR": str(settings.DATA_DIR)}) == settings.DATA_DIR
    assert data_dir({"DATA_DIR": ""}) == settings.BASE_DIR / "data"
