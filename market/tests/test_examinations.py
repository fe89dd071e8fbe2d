"""Examining the feed: sources that a line can cut off, and how long they have been silent."""

from datetime import timedelta

import pytest

from conftest import NOW
from market import sources
from market.examinations import examine_feed, feed_findings
from market.models import Instrument

pytestmark = pytest.mark.django_db


class Feed:
    """A source over a network, last heard of at `newest`."""

    def __init__(self, newest):
        self.newest = newest

    def quotes(self, instruments, *, now):
        return {}

    def newest_quote_at(self):
        return self.newest


@pytest.fixture
def heard(monkeypatch):
    """Let two instruments, stale after 10 and 60 seconds, hang on a feed last heard of so many seconds ago."""

    def hear(seconds):
        newest = None if seconds is None else NOW - timedelta(seconds=seconds)
        monkeypatch.setitem(sources.CATALOGUE, "bybit", Feed(newest))
        Instrument.objects.filter(symbol="BTCUSDT").update(source="bybit", stale_after_seconds=10)
        Instrument.objects.filter(symbol="ETHUSDT").update(source="bybit", stale_after_seconds=60)
        return [finding.level for finding in feed_findings(now=NOW)]

    return hear


def test_a_market_that_moves_by_itself_is_not_looked_at():
    assert [finding.level for finding in examine_feed()] == ["skipped"]


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (10, "ok"), (11, "warning"), (60, "warning"), (61, "error"), (None, "error")]
)
def test_a_silent_feed_is_judged_by_what_its_instruments_allow(heard, seconds, level):
    assert heard(seconds) == [level]


def test_a_feed_that_no_instrument_uses_is_not_looked_at(monkeypatch):
    monkeypatch.setitem(sources.CATALOGUE, "bybit", Feed(None))
    assert [finding.level for finding in feed_findings(now=NOW)] == ["skipped"]


def test_an_instrument_of_an_unknown_source_is_an_error():
    Instrument.objects.filter(symbol="BTCUSDT").update(source="gone")
    finding = next(feed_findings(now=NOW))
    assert (finding.level, "gone" in finding.found) == ("error", True)


def test_a_suspended_instrument_does_not_count(heard):
    heard(3600)
    Instrument.objects.filter(source="bybit").update(status="suspended")
    assert [finding.level for finding in feed_findings(now=NOW)] == ["skipped"]
