"""Worker and beat of the embedded desk: where one ends by itself, another takes its place."""

import threading

import pytest

from config import embedded
from config.embedded import Kept

WAIT_SECONDS = 60


class Ending:
    """Ends as it is told, one life after the other; the last lives until it is stopped."""

    def __init__(self, ends):
        self.ends, self.lives, self.stopped = list(ends), 0, threading.Event()
        self.lasts = threading.Event()

    def make(self):
        return self

    def start(self):
        self.lives += 1
        if not self.ends:
            self.lasts.set()
            self.stopped.wait(WAIT_SECONDS)
        elif error := self.ends.pop(0):
            raise error

    def stop(self):
        self.stopped.set()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(embedded, "AGAIN_SECONDS", 0.01)


def keep(ending):
    kept = Kept("worker", ending.make)
    kept.start()
    return kept


@pytest.mark.parametrize("end", [None, ValueError("a fault"), SystemExit("refused")], ids=["returns", "fails", "exits"])
def test_one_that_ends_by_itself_is_followed_by_another(end, caplog):
    ending = Ending([end, end])
    kept = keep(ending)
    assert ending.lasts.wait(WAIT_SECONDS)
    kept.stop()
    assert ending.lives == 3
    assert "the worker ended by itself; another begins" in caplog.text


def test_one_that_cannot_be_made_is_tried_again():
    ending, faults = Ending([None]), [ValueError("no"), ValueError("not yet"), None]

    def make():
        if ending.lives and (fault := faults.pop(0)):
            raise fault
        return ending

    kept = Kept("beat", make)
    kept.start()
    assert ending.lasts.wait(WAIT_SECONDS)
    kept.stop()


def test_after_a_stop_there_is_no_other():
    ending = Ending([])
    kept = keep(ending)
    assert ending.lasts.wait(WAIT_SECONDS)
    kept.stop()
    kept._thread.join(WAIT_SECONDS)
    assert (kept._thread.is_alive(), ending.lives) == (False, 1)
