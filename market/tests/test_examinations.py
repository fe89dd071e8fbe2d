"""Examining the feed: sources that a line can cut off, and how long they have been silent."""

from datetime import timedelta

import pytest

from conftest import NOW
from market.examinations import examine_feed, feed_findings
from market.models import Instrument
from market.services.quotes import keep_quotes
from market.sources.base import Quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Let two instruments, stale after 10 and 60 seconds, hang on Bybit, last heard of so many seconds ago."""

    def hear(seconds, symbols=("BTCUSDT", "ETHUSDT")):
        Instrument.objects.filter(symbol="BTCUSDT").update(source="bybit", stale_after_seconds=10)
        Instrument.objects.filter(symbol="ETHUSDT").update(source="bybit", stale_after_seconds=60)
        quoted = Instrument.objects.filter(symbol__in=symbols if seconds is not None else ())
        keep_quotes({"bybit": [kept(instrument, seconds) for instrument in quoted]})
        return [finding.level for finding in feed_findings(now=NOW)]

    return hear


def kept(instrument, seconds):
    price = instrument.reference_price
    return Quote(instrument.id, price, price, price, NOW - timedelta(seconds=seconds))


def test_a_market_that_moves_by_itself_is_not_looked_at():
    assert [finding.level for finding in examine_feed()] == ["skipped"]


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (10, "ok"), (11, "warning"), (60, "warning"), (61, "error"), (None, "error")]
)
def test_a_silent_feed_is_judged_by_what_its_instruments_allow(heard, seconds, level):
    assert heard(seconds) == [level]


def test_an_instrument_that_never_had_a_quote_is_told(heard):
    assert heard(1, symbols=["BTCUSDT"]) == ["warning"]


def test_an_instrument_of_an_unknown_source_is_an_error():
    Instrument.objects.filter(symbol="BTCUSDT").update(source="gone")
    finding = next(feed_findings(now=NOW))
    assert (finding.level, "gone" in finding.found) == ("error", True)


def test_a_suspended_instrument_does_not_count(heard):
    heard(3600)
    Instrument.objects.filter(source="bybit").update(status="suspended")
    assert [finding.level for finding in feed_findings(now=NOW)] == ["skipped"]
