"""Starts the child process, hands it what it needs, listens to it, and ends it when the work is stopped.

A rule is a program of somebody's: in a process of its own it takes neither the desk's memory nor its secrets with it,
and it ends with the desk. The child is handed the settings that rules need and an environment without the desk's.
"""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from django.conf import settings

from core.errors import AppError, Unavailable
from strategies.rule import RuleFailed

logger = logging.getLogger(__name__)

Listener = Callable[[float], None]

# The listener is told so often how far it is, also where nothing moved: it may stop the work by raising.
HEARD_EVERY_SECONDS = 1.0
LONGEST_SECONDS = 3_600.0
# Python and numpy are there long before that, on a machine with much to do as well.
LONGEST_START_SECONDS = 60.0
_LOG_KEPT = 4_000
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH")
_ENVIRONMENT_PREFIXES = ("NUMBA_", "PYTHON", "LC_", "OMP_", "OPENBLAS_", "MKL_")
_ROOT = Path(__file__).resolve().parents[2]


class ChildDied(Unavailable):
    """The process ended without an answer: killed, or out of memory. Another try may help."""

    code = "CHILD_DIED"


class TookTooLong(AppError):
    """The work was not done in the time that one has."""

    code = "TOOK_TOO_LONG"


def ask_child(
    task: str,
    request: Mapping[str, Any],
    *,
    folder: Path,
    heard: Listener,
    longest_seconds: float | None = None,
) -> dict[str, Any]:
    """Have a process of its own do a task of strategies/child/tasks.py, and return its answer.

    `heard` is told the share that is done, 0 to 1, once a second; where it raises the process is killed, and what it
    raised goes on. Raises RuleFailed and AppError as the task did, ChildDied, TookTooLong.
    """
    with (folder / "log.txt").open("w+b") as log, _started(log) as child:
        _send(child, {"task": task, "request": {**request, "folder": str(folder)}, "settings": _settings()})
        answer = _listen(child, heard, longest_seconds or LONGEST_SECONDS)
        if answer is None:
            child.wait()
            logger.warning("a child process ended with %s: %s", child.returncode, _end_of(log))
            raise ChildDied("The process that worked on it ended without an answer.")
        if "failed" in answer:
            raise _failure(answer["failed"], log)
        done: dict[str, Any] = answer["done"]
        return done


@contextmanager
def _started(log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process; whatever becomes of the block, it is gone afterwards."""
    command = [sys.executable, "-m", "strategies.child"]
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, cwd=_ROOT, env=_environment(), stdin=pipe, stdout=pipe, stderr=log)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            _close(stream)


def _close(stream: IO[bytes] | None) -> None:
    """Close a pipe; what was still to be written has nobody to read it."""
    try:
        if stream is not None:
            stream.close()
    except BrokenPipeError:
        return


def _send(child: subprocess.Popen[bytes], asked: Mapping[str, Any]) -> None:
    """Write what is asked for and leave the pipe open: its end would be the child's."""
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        return  # it died at once; nothing will be heard of it


def _listen(child: subprocess.Popen[bytes], heard: Listener, longest_seconds: float) -> dict[str, Any] | None:
    """Return the last word of the child, None where it ended without one. Its time counts from its first word."""
    said: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=_read_lines, args=(child.stdout, said), name="child-lines", daemon=True).start()
    ends_at = time.monotonic() + LONGEST_START_SECONDS
    heard_at, share, has_started = 0.0, 0.0, False
    while time.monotonic() < ends_at:
        if time.monotonic() - heard_at >= HEARD_EVERY_SECONDS:
            heard(share)
            heard_at = time.monotonic()
        try:
            line = said.get(timeout=HEARD_EVERY_SECONDS)
        except Empty:
            continue
        told = None if line is None else json.loads(line)
        if told is None or "progress" not in told:
            return told
        share = told["progress"]
        if not has_started:
            has_started, ends_at = True, time.monotonic() + longest_seconds
    raise TookTooLong(f"It took longer than {longest_seconds if has_started else LONGEST_START_SECONDS:,.0f} seconds.")


def _read_lines(out: IO[bytes], said: "SimpleQueue[bytes | None]") -> None:
    try:
        for line in out:
            said.put(line)
    except ValueError:  # closed while it was read: nobody listens any more
        return
    said.put(None)


def _failure(failed: Mapping[str, str], log: IO[bytes]) -> AppError:
    if failed["code"] == RuleFailed.code:
        return RuleFailed(failed["message"])
    if failed["code"] == "INTERNAL":
        logger.error("a child process failed: %s", _end_of(log))
    return AppError(failed["message"], code=failed["code"])


def _end_of(log: IO[bytes]) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - _LOG_KEPT))
    return log.read().decode(errors="replace")


def _settings() -> dict[str, Any]:
    """Return the settings that the catalogue of rules needs."""
    return {
        "STRATEGY_RULES_FOLDER": str(settings.STRATEGY_RULES_FOLDER),
        "STRATEGY_RULES": list(settings.STRATEGY_RULES),
    }


def _environment() -> dict[str, str]:
    """Return what a process needs to run, and where compiled code is kept; keys and addresses of the desk stay here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }
    return kept | {"DATA_DIR": str(settings.DATA_DIR)}
