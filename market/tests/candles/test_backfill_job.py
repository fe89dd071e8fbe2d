"""The job that fetches candles of the past: with progress, gone on with after a crash, refused for what has none."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from core.jobs import queue
from core.jobs.running import run_due
from core.models import Job
from market import sources
from market.candles.arrays import candle_arrays
from market.intervals import Interval
from market.sources.base import SourceDown
from market.tests.candles.making import MIDNIGHT, walk
from market.tests.candles.test_klines_api import Exchange

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at")]
END = MIDNIGHT + timedelta(minutes=250)
ARGS = {"symbol": "BTCUSDT", "interval": "1m", "start": MIDNIGHT.isoformat(), "end": END.isoformat()}


@pytest.fixture
def exchange(monkeypatch, on_bybit):
    """Plays Bybit's candles, 100 in a page."""
    source = Exchange(walk(300))
    source.most_candles = 100
    monkeypatch.setitem(sources.CANDLES, "bybit", source)
    return source


def ask(client, **change):
    return client.post("/api/v1/jobs", {"name": "backfill_candles", "args": ARGS | change})


def stored(instrument):
    return len(candle_arrays(instrument, Interval.M1, start=MIDNIGHT, end=END))


@pytest.fixture
def admin(client_of, ada):
    return client_of(ada)


def test_candles_are_stored_and_the_job_tells_how_many(admin, exchange, on_bybit):
    job_id = ask(admin).json()["job_id"]
    run_due(clock=timezone.now)
    body = admin.get(f"/api/v1/jobs/{job_id}").json()
    assert (body["status"], body["result"]) == ("completed", {"added": 250, "replaced": 0, "skipped": 0})
    assert (stored(on_bybit), len(exchange.asked)) == (250, 3)


def test_what_a_dead_process_had_stored_is_not_asked_for_again(admin, exchange, on_bybit):
    ask(admin)
    dead = queue.take_next(now=timezone.now())
    queue.report(dead, 40, {"reached": (MIDNIGHT + timedelta(minutes=200)).isoformat()}, now=timezone.now())
    queue.release_dead(now=timezone.now() + timedelta(minutes=1))
    run_due(clock=lambda: timezone.now() + timedelta(minutes=1))
    assert [start for _, start, _ in exchange.asked] == [MIDNIGHT + timedelta(minutes=200)]
    assert stored(on_bybit) == 50


def test_a_source_that_is_down_leaves_what_was_stored_and_is_tried_again(admin, exchange, on_bybit, monkeypatch):
    monkeypatch.setattr("market.services.backfill.TRIES", 1)
    whole = exchange.candles

    def fails_at_the_second(instrument, interval, *, start, end):
        if len(exchange.asked) == 1 and not exchange.down:
            exchange.down = True
            raise SourceDown("the answer took too long")
        exchange.down = False
        return whole(instrument, interval, start=start, end=end)

    monkeypatch.setattr(exchange, "candles", fails_at_the_second)
    ask(admin)
    run_due(clock=timezone.now)
    job = Job.objects.get()
    assert (job.status, job.error, round(job.progress_percent)) == ("pending", "the answer took too long", 40)
    run_due(clock=lambda: timezone.now() + timedelta(seconds=10))
    assert (Job.objects.get().status, stored(on_bybit)) == ("completed", 250)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interval": "7m"}, "args.interval"),
        ({"start": END.isoformat(), "end": MIDNIGHT.isoformat()}, "args.end"),
        ({"start": "0001-01-01"}, "args.start"),
        ({"start": "yesterday"}, "args.start"),
        ({"symbol": ""}, "args.symbol"),
        ({"category": "weird"}, "args.category"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_door(admin, change, field):
    answer = ask(admin, **change)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not Job.objects.exists()


@pytest.mark.parametrize(("change", "code"), [({"symbol": "NOSUCH"}, "UNKNOWN_SYMBOL"), ({}, "NO_CANDLES")])
def test_what_has_no_candles_fails_with_its_code_and_is_not_tried_again(admin, exchange, change, code):
    exchange.offered = frozenset()
    ask(admin, **change)
    run_due(clock=timezone.now)
    job = Job.objects.get()
    assert (job.status, job.error_code, job.attempts) == ("failed", code, 1)


def test_an_end_that_is_not_named_is_now(admin, exchange, on_bybit):
    args = {name: ARGS[name] for name in ("symbol", "interval", "start")}
    admin.post("/api/v1/jobs", {"name": "backfill_candles", "args": args})
    run_due(clock=timezone.now)
    assert exchange.asked[-1][2] <= datetime.now(UTC)
