"""What a bot's strategy decided, over HTTP."""

from datetime import timedelta

import pytest

from bots.models import Bot, BotDecision
from bots.tests.deciding import decide_at, minute, store_minutes
from conftest import NOW


@pytest.fixture
def decided(deciding_bot, btcusdt):
    """A bot that went long, stayed so, and missed its last candle."""
    store_minutes(btcusdt, [1, 1])
    decide_at(minute(1))
    decide_at(minute(2))
    Bot.objects.update(config={**deciding_bot.config, "max_lag": 30})
    decide_at(minute(3) + timedelta(seconds=40))
    return deciding_bot


def address(bot):
    return f"/api/v1/bots/{bot.id}/decisions"


def test_decisions_are_listed_the_newest_first(decided, tom, client_of):
    told = client_of(tom).get(address(decided)).json()
    assert [(row["target"], row["code"]) for row in told["items"]] == [
        (None, "NO_CANDLES"),
        (1.0, "UNCHANGED"),
        (1.0, ""),
    ]


def test_a_decision_names_its_signal_and_its_candle(decided, tom, client_of):
    row = client_of(tom).get(address(decided)).json()["items"][-1]
    assert row["signal_id"] == str(BotDecision.objects.get(code="").signal_id)
    assert (row["opened_at"], row["candle"]["close"], row["rule"]) == ("2026-03-02T12:00:00Z", "101", "telling")


def test_a_candle_that_was_not_there_is_null(decided, tom, client_of):
    row = client_of(tom).get(address(decided)).json()["items"][0]
    assert (row["candle"]["close"], row["signal_id"]) == (None, None)


def test_a_bot_shows_what_it_decided_last(decided, tom, client_of):
    bot = client_of(tom).get(f"/api/v1/bots/{decided.id}").json()
    assert (bot["last_decision"]["code"], bot["last_decision"]["interval"]) == ("NO_CANDLES", "1m")


def test_a_bot_that_decided_nothing_shows_none(deciding_bot, tom, client_of):
    assert client_of(tom).get(f"/api/v1/bots/{deciding_bot.id}").json()["last_decision"] is None


def test_pages_have_a_fixed_number_of_statements(decided, tom, client_of, django_assert_num_queries):
    api = client_of(tom)
    api.get(address(decided))
    with django_assert_num_queries(5):
        assert len(api.get(f"{address(decided)}?limit=1").json()["items"]) == 1
    with django_assert_num_queries(5):
        assert len(api.get(address(decided)).json()["items"]) == 3


def test_a_stranger_sees_none(decided, mallory, client_of):
    assert client_of(mallory).get(address(decided)).status_code == 404


def test_a_bot_that_is_deleted_has_none(decided, tom, client_of):
    decided.deleted_at = NOW
    decided.save()
    assert client_of(tom).get(address(decided)).status_code == 404
