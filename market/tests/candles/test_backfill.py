"""Backfill: page by page, each stored before the next, resumed where it was, stopped when asked."""

from datetime import timedelta

import pytest

from market import sources
from market.candles.reading import stored_candles
from market.intervals import Interval
from market.models import CandleBlock
from market.services.backfill import TRIES, backfill
from market.services.candles import Stored
from market.services.lacking_candles import NoCandles
from market.sources.base import FetchedCandles, SourceBusy, SourceDown
from market.tests.candles.making import MIDNIGHT, NOW, picked, rows, walk

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


class Paged:
    """Has 1,000 minutes, 300 a page; fails as `failures` says, one a request, then answers."""

    most_candles = 300

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.asked = list(failures), []

    def intervals(self, instrument):
        return frozenset({Interval.M1})

    def candles(self, instrument, interval, *, start, end):
        self.asked.append((int((start - MIDNIGHT) / MINUTE), int((end - MIDNIGHT) / MINUTE)))
        if self.failures:
            raise self.failures.pop(0)
        inside = [at for at in range(1_000) if start <= MIDNIGHT + at * MINUTE < end]
        return FetchedCandles(picked(walk(1_000), inside), skipped=1)


@pytest.fixture
def run(monkeypatch, on_bybit):
    """Backfill 1,000 minutes from a source; the pauses that it made are `run.pauses`."""

    def run(source, *, on_page=lambda told: True, reached=None, interval=Interval.M1, end=MIDNIGHT + 1_000 * MINUTE):
        monkeypatch.setitem(sources.CANDLES, "bybit", source)
        span = {"start": MIDNIGHT, "end": end, "reached": reached}
        return backfill(on_bybit, interval, **span, clock=lambda: NOW, on_page=on_page, pause=run.pauses.append)

    run.pauses = []
    return run


def stored(instrument):
    return rows(stored_candles(instrument.id, Interval.M1, first=0, end=10**8))


def test_all_pages_are_stored_and_told_of(run, on_bybit):
    source, pages = Paged(), []
    told = run(source, on_page=lambda page: pages.append((page.share, len(stored(on_bybit)))) or True)
    assert source.asked == [(0, 300), (300, 600), (600, 900), (900, 1_000)]
    assert pages == [(0.3, 300), (0.6, 600), (0.9, 900), (1.0, 1_000)]
    assert (told.stored, told.skipped, told.reached) == (Stored(1_000, 0, 0), 4, MIDNIGHT + 1_000 * MINUTE)
    assert stored(on_bybit) == rows(walk(1_000))


def test_it_goes_on_where_it_was(run):
    source = Paged()
    told = run(source, reached=MIDNIGHT + 600 * MINUTE)
    assert source.asked == [(600, 900), (900, 1_000)]
    assert told.stored == Stored(400, 0, 0)


def test_it_stops_when_asked_and_says_where(run, on_bybit):
    told = run(Paged(), on_page=lambda page: page.share < 0.5)
    assert told.reached == MIDNIGHT + 600 * MINUTE
    assert len(stored(on_bybit)) == 600


def test_a_busy_source_is_waited_for_as_long_as_it_asks(run, on_bybit):
    run(Paged(SourceBusy("too many requests", wait_seconds=7)))
    assert run.pauses == [7]
    assert len(stored(on_bybit)) == 1_000


def test_a_source_that_is_down_is_tried_again_after_growing_pauses(run):
    told = run(Paged(*[SourceDown("it took too long")] * (TRIES - 1)))
    assert run.pauses == [1, 2, 4, 8]
    assert told.stored.added == 1_000


def test_a_source_that_stays_down_is_given_up_with_its_reason(run):
    with pytest.raises(SourceDown, match="it took too long"):
        run(Paged(*[SourceDown("it took too long")] * TRIES))
    assert not CandleBlock.objects.exists()


def test_an_address_that_is_shut_out_is_not_waited_for(run):
    with pytest.raises(SourceBusy):
        run(Paged(SourceBusy("shut out", wait_seconds=600)))
    assert run.pauses == []


def test_what_was_stored_before_a_failure_stays(run, on_bybit):
    source = Paged()
    with pytest.raises(SourceDown):
        run(source, on_page=lambda page: source.failures.extend([SourceDown("down")] * TRIES) or True)
    assert len(stored(on_bybit)) == 300


def test_candles_that_have_not_closed_are_not_asked_for(run):
    source = Paged()
    told = run(source, reached=NOW - 2 * MINUTE, end=NOW + timedelta(days=1))
    assert [end for _, end in source.asked] == [int((NOW - MIDNIGHT) / MINUTE)]
    assert told.reached == NOW


def test_nothing_to_fetch_is_done_at_once(run):
    assert run(Paged(), end=MIDNIGHT).share == 1.0


def test_an_interval_that_the_source_lacks_is_refused(run):
    with pytest.raises(NoCandles, match="there are of: 1m"):
        run(Paged(), interval=Interval.H1)


def test_the_synthetic_market_can_be_stored(btcusdt, time_machine_at):
    told = backfill(
        btcusdt, Interval.H1, start=NOW - timedelta(days=2), end=NOW, reached=None, clock=lambda: NOW, on_page=bool
    )
    assert told.stored == Stored(48, 0, 0)
