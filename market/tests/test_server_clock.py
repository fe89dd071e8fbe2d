"""What a server's time is on our clock: seconds between the clocks change no quote's age."""

from datetime import UTC, datetime, timedelta

import pytest

from market.sources.base import SourceDown
from market.sources.server_clock import ServerClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("apart", [-5, -3, 0, 3, 5])
def test_fresh_answer_is_fresh_whatever_the_clock(apart):
    assert ServerClock().on_ours(after(apart), received_at=NOW) == NOW


@pytest.mark.parametrize("apart", [-4, 0, 4])
def test_old_answer_is_as_old_as_it_is_whatever_the_clock(apart):
    clock = ServerClock()
    clock.on_ours(after(apart), received_at=NOW)
    # twelve seconds later the server's cache answers with what it made two seconds after the first
    assert clock.on_ours(after(apart + 2), received_at=after(14)) == after(2)


def test_frozen_answer_grows_old_beyond_the_memory():
    clock = ServerClock()
    clock.on_ours(NOW, received_at=NOW)
    clock.on_ours(NOW, received_at=after(4))
    assert clock.on_ours(NOW, received_at=after(63)) == after(4)
    assert clock.on_ours(NOW, received_at=after(70)) == NOW


def test_old_first_answer_is_old():
    assert ServerClock().on_ours(after(-5.001), received_at=NOW) == after(-5.001)


def test_quicker_answer_corrects_a_slow_one():
    clock = ServerClock()
    clock.on_ours(NOW, received_at=after(3))
    clock.on_ours(after(4), received_at=after(4))
    assert clock.on_ours(after(5), received_at=after(6)) == after(5)


def test_clock_far_ahead_is_refused():
    with pytest.raises(SourceDown, match="6 seconds ahead"):
        ServerClock().on_ours(after(6), received_at=NOW)


def test_our_clock_set_back_is_no_trap():
    clock = ServerClock()
    clock.on_ours(after(3600), received_at=after(3598))
    assert clock.on_ours(NOW, received_at=NOW) == NOW
