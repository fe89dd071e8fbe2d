"""Examines what is there before Django is: Python, the data folder, the disk, the addresses of the servers."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.examinations import Finding, error, ok, warning

BASE_DIR = Path(__file__).resolve().parents[2]
LEAST_PYTHON = (3, 11)
MEBIBYTE = 1024 * 1024
LITTLE_SPACE = 1024 * MEBIBYTE
NO_SPACE = 100 * MEBIBYTE


def examine_environment() -> Iterator[Finding]:
    """Look at Python, the data folder and the pair of server addresses."""
    folder = data_dir(os.environ)
    yield python_finding(sys.version_info[:3])
    yield writable_finding(folder)
    yield from space_findings(folder)
    yield servers_finding(os.environ)


def data_dir(environment: Mapping[str, str]) -> Path:
    """Return the folder that the settings will read: DATA_DIR, else `data` beside the code."""
    return Path(environment.get("DATA_DIR", "") or BASE_DIR / "data")


def python_finding(version: tuple[int, ...]) -> Finding:
    """Compare Python's version with what the code needs."""
    shown, least = (".".join(map(str, numbers)) for numbers in (version, LEAST_PYTHON))
    if version < LEAST_PYTHON:
        return error(f"This is Python {shown}; the desk needs {least}.", f"Make .venv anew with Python {least}.")
    return ok(f"Python {shown}.")


def writable_finding(folder: Path) -> Finding:
    """Write a nameless file into the folder: permissions alone do not tell of a read-only disk."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"written")
    except FileNotFoundError:
        return error(f"The data folder {folder} is not there.", "Run `make run`, or set DATA_DIR to the right folder.")
    except OSError as failure:
        advice = "Give the folder to the user that runs the desk, or set DATA_DIR to another."
        return error(f"Nothing can be written into the data folder {folder}: {failure.strerror}.", advice)
    return ok(f"The data folder {folder} can be written.")


def space_findings(folder: Path) -> Iterator[Finding]:
    """Look at the free space of the folder's disk; nothing where there is no folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    yield space_finding(free)


def space_finding(free_bytes: int) -> Finding:
    """Say whether `free_bytes` are enough to go on with."""
    found = f"{free_bytes // MEBIBYTE:,} MiB of the disk are free."
    if free_bytes < NO_SPACE:
        return error(found, "Free space now: the database stops writing when the disk is full.")
    if free_bytes < LITTLE_SPACE:
        return warning(found, "Free space, or move DATA_DIR to a larger disk.")
    return ok(found)


def servers_finding(environment: Mapping[str, str]) -> Finding:
    """Compare DATABASE_URL with REDIS_URL: several processes need both."""
    database, redis = environment.get("DATABASE_URL"), environment.get("REDIS_URL")
    if database and redis:
        return ok("DATABASE_URL and REDIS_URL are set: several processes.")
    if database:
        return warning(
            "DATABASE_URL is set and REDIS_URL is not: only one process may serve.",
            "Set REDIS_URL, or keep to `make run` alone on this database.",
        )
    if redis:
        return warning(
            "REDIS_URL is set and DATABASE_URL is not: the processes would share one SQLite file.",
            "Set DATABASE_URL to a PostgreSQL database, or remove REDIS_URL.",
        )
    return ok("Neither DATABASE_URL nor REDIS_URL is set: one process, SQLite, no Redis.")
