"""Lists and candles are read again after growing pauses, behind a breaker for each category."""

import pytest

from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.tests import bybit_server as fault
from market.tests.bybit_server import says

PATH = "/list"
HTML = says("<!doctype html><title>One moment</title>")
FAULTS = {
    "html with 200": HTML,
    "garbage": says(b"\x00\xff"),
    "truncated": fault.cut_line,
    "hung up": fault.hang_up,
    "500": says("{}", 500),
    "slow drip": fault.drip_body,
}


@pytest.fixture
def read(venue, reader):
    venue.answers[PATH] = [1]
    return lambda category="spot": reader.read(category, f"{venue.url}{PATH}", {}, understand=understood)


@pytest.fixture
def refused_thrice(venue, read):
    venue.queued[PATH] = [says("{}", 404) for _ in range(3)]
    for _ in range(3):
        with pytest.raises(SourceRefused):
            read()


@pytest.fixture
def failed_thrice(venue, read):
    venue.queued[PATH] = [HTML] * 9
    for _ in range(3):
        with pytest.raises(SourceDown):
            read()


def understood(told):
    if not isinstance(told, list):
        raise SourceDown("no list")
    return told


@pytest.mark.parametrize("broken", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_tried_again(venue, read, pauses, broken):
    venue.queued[PATH] = [broken]
    assert read() == [1]
    assert len(pauses) == 1


def test_an_answer_that_is_not_understood_is_tried_again(venue, read):
    venue.queued[PATH] = [says("{}"), says("null")]
    assert read() == [1]


def test_pauses_grow_and_the_third_try_is_the_last(venue, read, pauses):
    venue.queued[PATH] = [HTML] * 3
    with pytest.raises(SourceDown, match="not JSON"):
        read()
    assert len(venue.requests) == 3
    assert 0.25 <= pauses[0] <= 0.75
    assert 0.5 <= pauses[1] <= 1.5


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refusal_is_not_tried_again(venue, read, pauses, status):
    venue.queued[PATH] = [says("{}", status)]
    with pytest.raises(SourceRefused):
        read()
    assert (len(venue.requests), pauses) == (1, [])


def test_refusals_open_no_breaker(venue, read, refused_thrice):
    assert read() == [1]


def test_a_busy_server_is_waited_for_as_long_as_it_says(venue, read, pauses):
    venue.queued[PATH] = [says("", 429, Retry_After="4")]
    assert read() == [1]
    assert 4 < pauses[0] < 5


@pytest.mark.parametrize("busy", [says("", 429, Retry_After="60"), says("", 403), says("", 418, Retry_After="99")])
def test_one_that_asks_for_more_is_left_alone_in_every_category(venue, read, pauses, seconds, busy):
    read("linear")
    venue.queued[PATH] = [busy]
    with pytest.raises(SourceBusy):
        read()
    with pytest.raises(SourceDown, match="left alone"):
        read("linear")
    seconds.now += 601
    assert (read("linear"), pauses) == ([1], [])


def test_a_category_that_fails_is_left_alone_and_the_others_are_not(read, failed_thrice, seconds):
    with pytest.raises(SourceDown, match="left alone"):
        read()
    assert read("linear") == [1]
    seconds.now += 3
    assert read() == [1]
