"""The child process that runs rules and numbers: `python -m strategies.child`. Nothing of Django's is set up in it.

It reads one line of JSON, what to do, and writes lines of JSON: `{"progress": 0.5}`, at the end `{"done": …}` or
`{"failed": {"code", "message"}}`. Arrays come and go as files of the folder that the line names. It ends when its
standard input does: whoever started it is gone, or wants it gone. What a rule prints goes to its standard error.
"""

import json
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from core.errors import AppError
from strategies.child.tasks import TASKS

# So often at most is progress told.
_TOLD_EVERY_SECONDS = 0.2
FAULT = {"code": "INTERNAL", "message": "A fault of this desk; its log says more."}


class Teller:
    """Writes lines to whoever started the process."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._told_at = 0.0

    def progress(self, share: float) -> None:
        """Tell the share that is done, 0 to 1; not more often than somebody would look."""
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY_SECONDS:
            self._told_at = now
            self.tell(progress=share)

    def tell(self, **said: Any) -> None:
        """Write one line."""
        self._out.write(json.dumps(said) + "\n")
        self._out.flush()


def main() -> None:
    """Do what the first line asks for."""
    lines, out = _own_streams()
    asked = json.loads(lines.readline())
    folder = Path(asked["request"]["folder"])
    threading.Thread(target=_end_with, args=(lines, folder), name="parent", daemon=True).start()
    settings.configure(
        **{**asked["settings"], "STRATEGY_RULES_FOLDER": Path(asked["settings"]["STRATEGY_RULES_FOLDER"])}
    )
    teller = Teller(out)
    teller.tell(progress=0.0)  # from here on the time that is taken is the work's
    teller.tell(**answer(TASKS[asked["task"]], asked["request"], teller.progress))


def answer(
    task: Callable[..., dict[str, Any]], request: Mapping[str, Any], progress: Callable[[float], None]
) -> dict[str, Any]:
    """Return the last line of a task: what it returned, or why it failed. What no rule of ours refused is traced."""
    try:
        return {"done": task(request, progress)}
    except AppError as refused:
        return {"failed": {"code": refused.code, "message": refused.message}}
    except Exception:  # noqa: BLE001 - the edge of the process: its log is read by whoever started it
        traceback.print_exc()
        return {"failed": FAULT}


def _own_streams() -> tuple[IO[str], IO[str]]:
    """Return the lines in and out, and leave a rule that reads or prints with none and with standard error."""
    lines = os.fdopen(os.dup(0), encoding="utf-8")
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdin = os.fdopen(0, closefd=False)
    return lines, out


def _end_with(lines: IO[str], folder: Path) -> None:
    """Wait for the end of the lines, and leave nothing behind: whoever would have is gone."""
    lines.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
