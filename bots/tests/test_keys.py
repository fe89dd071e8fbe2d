"""Webhook keys: sealed at rest, shown once, and for ten minutes more after a rotation."""

from datetime import timedelta

import pytest

from bots.models import Bot
from bots.services.bots import key_hash, rotate_key, valid_keys, webhook_key
from conftest import NOW
from core.sealing import CannotOpen

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def bot(tom, bot_of):
    return bot_of(tom)


def test_a_key_is_long_sealed_and_found_by_its_hash(bot):
    key = webhook_key(bot)
    assert len(key) == 43  # 256 bits
    assert key not in bot.sealed_key
    assert Bot.objects.get(key_hash=key_hash(key)) == bot


def test_each_bot_has_a_key_of_its_own(tom, bot_of):
    assert webhook_key(bot_of(tom)) != webhook_key(bot_of(tom))


def test_a_key_moved_to_another_bot_does_not_open(bot, tom, bot_of):
    other = bot_of(tom)
    other.sealed_key = bot.sealed_key
    with pytest.raises(CannotOpen):
        webhook_key(other)


def test_a_rotated_bot_has_a_new_key(bot):
    old = webhook_key(bot)
    rotated, key = rotate_key(bot.id, now=NOW)
    assert key == webhook_key(rotated) != old
    assert rotated.key_hash == key_hash(key)


@pytest.mark.parametrize(
    ("later", "both"),
    [
        (timedelta(0), True),
        (TEN_MINUTES - timedelta(microseconds=1), True),
        (TEN_MINUTES, False),
        (timedelta(days=1), False),
    ],
    ids=str,
)
def test_the_old_key_works_for_ten_minutes(bot, later, both):
    old = webhook_key(bot)
    rotated, key = rotate_key(bot.id, now=NOW)
    assert valid_keys(rotated, now=NOW + later) == ([key, old] if both else [key])


def test_a_bot_that_was_never_rotated_has_one_key(bot):
    assert valid_keys(bot, now=NOW) == [webhook_key(bot)]


def test_the_old_key_is_sealed_too(bot):
    old = webhook_key(bot)
    rotated, _ = rotate_key(bot.id, now=NOW)
    assert old not in rotated.previous_sealed_key
    assert rotated.previous_key_hash == key_hash(old)


def test_rotating_over_http_shows_the_new_key_once(bot, tom, client_of):
    api = client_of(tom)
    body = api.post(f"/api/v1/bots/{bot.id}/rotate-key").json()
    bot.refresh_from_db()
    assert body["webhook_key"] == webhook_key(bot)
    assert body["webhook_path"] == f"/api/v1/webhook/tradingview/{body['webhook_key']}"
    assert body["webhook_key"] not in api.get(f"/api/v1/bots/{bot.id}").text + api.get("/api/v1/bots").text


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("mallory", 404), ("vic", 403), ("eve", 403)])
def test_who_may_rotate_the_key_of_somebody_elses_bot(bot, request, client_of, who, status):
    before = bot.key_hash
    answer = client_of(request.getfixturevalue(who)).post(f"/api/v1/bots/{bot.id}/rotate-key")
    bot.refresh_from_db()
    assert (answer.status_code, bot.key_hash == before) == (status, status != 200)
