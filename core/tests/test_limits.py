"""Limits let exactly as many through as they say, whoever asks at the same time, and count nothing that they refuse."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.test import RequestFactory
from limits.storage import MemoryStorage

from core import limits
from core.addresses import counted_address
from core.errors import RateLimited, Unavailable

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def key():
    return uuid4().hex


@pytest.fixture
def limited(settings):
    def to(*windows):
        settings.RATE_LIMITS = {"some": list(windows)}

    return to


def test_so_many_are_let_in_and_no_more(limited, key):
    limited((3, 60))
    assert [limits.hit("some", key).allowed for _ in range(5)] == [True, True, True, False, False]


def test_each_key_has_places_of_its_own(limited, key):
    limited((1, 60))
    assert [limits.hit("some", f"{key}{number}").allowed for number in (1, 2, 1)] == [True, True, False]


def test_a_verdict_tells_of_the_longest_window(limited, key):
    limited((5, 60), (3, 1))
    verdict = limits.hit("some", key)
    assert (verdict.limit, verdict.remaining, verdict.retry_after) == (5, 4, 0)


def test_a_verdict_tells_of_the_window_that_is_full(limited, key):
    limited((5, 600), (2, 30))
    told = [limits.hit("some", key) for _ in range(3)]
    assert [(verdict.allowed, verdict.limit, verdict.remaining) for verdict in told] == [
        (True, 5, 4),
        (True, 2, 0),
        (False, 2, 0),
    ]
    assert 15 <= told[2].retry_after <= 30


def test_what_the_long_window_refuses_takes_no_place_in_the_short_one(limited, key):
    limited((2, 600), (3, 60))
    assert [limits.hit("some", key).allowed for _ in range(4)] == [True, True, False, False]
    limited((3, 60))
    assert limits.look("some", key).remaining == 1


def test_what_the_short_window_refuses_takes_no_place_in_the_long_one(limited, key):
    limited((9, 600), (2, 60))
    assert [limits.hit("some", key).allowed for _ in range(4)] == [True, True, False, False]
    limited((9, 600))
    assert limits.look("some", key).remaining == 7


def test_looking_takes_no_place(limited, key):
    limited((1, 60))
    assert [limits.look("some", key).remaining for _ in range(3)] == [1, 1, 1]


def test_a_place_is_free_again_once_its_time_is_over(limited, key, monkeypatch):
    limited((1, 60))
    limits.hit("some", key)
    now = limits.time.time()
    monkeypatch.setattr(limits.time, "time", lambda: now + 61)
    assert limits.hit("some", key).allowed


@pytest.mark.parametrize("threads", [16])
def test_threads_at_once_get_exactly_the_places_there_are(limited, key, threads):
    limited((100, 600), (1000, 60))
    with ThreadPoolExecutor(threads) as pool:
        allowed = list(pool.map(lambda _: limits.hit("some", key).allowed, range(400)))
    assert allowed.count(True) == 100


def test_who_loses_the_last_place_of_the_long_window_is_told_when_it_is_free(limited, key, monkeypatch):
    limited((1, 600), (5, 60))
    counter = limits.Counter(MemoryStorage())
    take = counter._limiter.hit
    monkeypatch.setattr(counter._limiter, "hit", lambda window, key: take(window, key) and take(window, key))
    verdict = counter.hit(limits.windows_of("some"), key)
    assert (verdict.allowed, verdict.limit, verdict.remaining) == (False, 1, 0)
    assert 540 <= verdict.retry_after <= 600


def test_a_refusal_says_when_to_come_again(limited, key):
    limited((1, 60))
    limits.require(limits.hit("some", key), HttpRequest())
    with pytest.raises(RateLimited) as refusal:
        limits.require(limits.hit("some", key), HttpRequest())
    assert 30 <= refusal.value.retry_after_seconds <= 60


class TestRedisAway:
    @pytest.fixture(autouse=True)
    def _away(self, settings):
        settings.REDIS_URL = NOWHERE
        limits._shared.cache_clear()
        yield
        limits._shared.cache_clear()

    def test_the_process_counts_for_itself(self, limited, key):
        limited((2, 60))
        assert [limits.hit("some", key).allowed for _ in range(3)] == [True, True, False]

    def test_what_must_be_shared_is_refused(self, limited, key):
        limited((2, 60))
        with pytest.raises(Unavailable):
            limits.hit_shared("some", key)

    def test_it_is_said_once_and_asked_rarely(self, limited, key, caplog, monkeypatch):
        limited((9, 60))
        asked = []
        monkeypatch.setattr(redis.connection.Connection, "connect", lambda line: asked.append(line) or _refuse())
        [limits.hit("some", key) for _ in range(5)]
        assert len(asked) == 1
        assert [record.message for record in caplog.records] == [
            "redis does not answer: each process limits for itself, logins are refused"
        ]


def _refuse():
    raise redis.ConnectionError("away")


@pytest.mark.skipif(not django_settings.REDIS_URL, reason="no Redis")
def test_no_key_in_redis_holds_what_was_counted(limited, key):
    limited((1, 60))
    limits.hit("some", f"tom {key}")
    keys = redis.Redis.from_url(django_settings.REDIS_URL).keys("desk:limits:*some*")
    assert keys
    assert not [name for name in keys if key.encode() in name or b"tom" in name]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("", "0.0.0.0"),
    ],
)
def test_ipv6_counts_by_64(address, counted):
    assert counted_address(RequestFactory().get("/", REMOTE_ADDR=address)) == counted
