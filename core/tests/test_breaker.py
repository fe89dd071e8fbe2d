"""The circuit breaker: closed, open after failures in a row, one try after the wait."""

import pytest

from core.breaker import Breaker, BreakerState


class Seconds:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def breaker(seconds):
    return Breaker("it", failures_to_open=2, first_wait_seconds=2, longest_wait_seconds=6, monotonic=seconds)


@pytest.fixture
def opened(breaker):
    breaker.failed()
    breaker.failed()
    return breaker


def test_it_lets_through_until_failures_in_a_row(breaker):
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert (breaker.admits(), breaker.state) == (True, BreakerState.CLOSED)
    breaker.failed()
    assert (breaker.admits(), breaker.state) == (False, BreakerState.OPEN)


def test_after_the_wait_one_try_is_let_in(opened, seconds):
    seconds.now += 2
    assert (opened.admits(), opened.admits()) == (True, False)
    assert opened.state == BreakerState.HALF_OPEN


def test_try_that_succeeds_closes(opened, seconds):
    seconds.now += 2
    opened.admits()
    opened.succeeded()
    assert (opened.state, opened.admits(), opened.admits()) == (BreakerState.CLOSED, True, True)


def test_each_failed_try_doubles_the_wait_up_to_the_longest(opened, seconds):
    waits = [4, 6, 6]
    admitted = []
    seconds.now += 2
    opened.admits()
    opened.failed()
    seconds.now += waits[0] - 0.1
    admitted.append(opened.admits())
    seconds.now += 0.1
    admitted.append(opened.admits())
    opened.failed()
    seconds.now += 5.9
    admitted.append(opened.admits())
    seconds.now += 0.1
    admitted.append(opened.admits())
    assert admitted == [False, True, False, True]


def test_try_that_never_ends_does_not_lock_it(opened, seconds):
    seconds.now += 2
    opened.admits()
    seconds.now += 6
    assert opened.admits()


def test_success_that_began_before_it_opened_does_not_close_it(opened):
    opened.succeeded()
    assert opened.state == BreakerState.OPEN


def test_hold_opens_a_closed_one_for_as_long(breaker, seconds):
    breaker.hold(600)
    seconds.now += 599
    assert not breaker.admits()
    seconds.now += 1
    assert breaker.admits()


def test_hold_never_shortens_a_wait(breaker, seconds):
    breaker.hold(600)
    breaker.hold(5)
    seconds.now += 100
    assert not breaker.admits()
