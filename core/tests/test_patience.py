"""After a failure a server is left alone for a while, and one caller finds out whether it is back."""

import time

import pytest

from core.patience import Patience


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

    monkeypatch.setattr(time, "monotonic", lambda: Clock.now)
    return Clock


def test_a_server_that_never_failed_is_asked_by_all(clock):
    patience = Patience(3)
    assert (patience.worth_asking(), patience.worth_asking()) == (True, True)


def test_nobody_asks_within_the_time_after_a_failure(clock):
    patience = Patience(3)
    patience.failed()
    clock.now += 2.9
    assert not patience.worth_asking()


def test_one_finds_out_whether_it_is_back(clock):
    patience = Patience(3)
    patience.failed()
    clock.now += 3
    assert (patience.worth_asking(), patience.worth_asking()) == (True, False)


def test_once_it_has_answered_all_ask_again(clock):
    patience = Patience(3)
    patience.failed()
    clock.now += 3
    patience.worth_asking()
    patience.answered()
    assert (patience.worth_asking(), patience.worth_asking()) == (True, True)
