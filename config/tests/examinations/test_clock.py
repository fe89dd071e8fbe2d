"""Clocks: half a second apart is told, two are an error, and a slow answer is no skew."""

import os
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.examinations import clock
from config.examinations.clock import examine_database_clock, examine_redis_clock, skew_finding
from conftest import NOW

REDIS_URL = os.environ.get("TEST_REDIS_URL", "")


@pytest.fixture
def skewed(monkeypatch):
    """Move this machine's clock by so many seconds."""

    def move(seconds):
        real = timezone.now
        monkeypatch.setattr(clock.timezone, "now", lambda: real() + timedelta(seconds=seconds))

    return move


@pytest.fixture
def standing(monkeypatch):
    """This machine's clock tells these times, one after another."""

    def stand(*times):
        monkeypatch.setattr(clock.timezone, "now", iter(times).__next__)

    return stand


@pytest.mark.parametrize(
    ("theirs", "level"),
    [(0, "ok"), (0.5, "ok"), (-0.501, "warning"), (2, "warning"), (2.001, "error"), (-3600, "error")],
)
def test_a_skew_is_judged(standing, theirs, level):
    standing(NOW, NOW)
    assert skew_finding("Theirs", lambda: NOW + timedelta(seconds=theirs)).level == level


def test_half_of_a_slow_answer_is_no_skew(standing):
    standing(NOW, NOW + timedelta(seconds=6))
    assert skew_finding("Theirs", lambda: NOW).level == "ok"


@pytest.mark.parametrize(("theirs", "said"), [(-9, "9.000 s ahead of"), (9, "9.000 s behind")])
def test_it_says_which_clock_is_ahead(standing, theirs, said):
    standing(NOW, NOW)
    assert said in skew_finding("Theirs", lambda: NOW + timedelta(seconds=theirs)).found


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite has no clock")
def test_sqlite_has_no_clock():
    assert [finding.level for finding in examine_database_clock()] == ["skipped"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (5, "error"), (-5, "error")])
def test_postgresqls_clock_is_read(skewed, seconds, level):
    skewed(seconds)
    assert [finding.level for finding in examine_database_clock()] == [level]


@pytest.mark.skipif(not REDIS_URL, reason="needs TEST_REDIS_URL")
@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (5, "error"), (-5, "error")])
def test_the_clock_of_redis_is_read(settings, skewed, seconds, level):
    settings.REDIS_URL = REDIS_URL
    skewed(seconds)
    assert [finding.level for finding in examine_redis_clock()] == [level]


def test_an_embedded_desk_has_no_clock_of_redis(settings):
    settings.REDIS_URL = ""
    assert [finding.level for finding in examine_redis_clock()] == ["skipped"]
