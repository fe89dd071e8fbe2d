"""Who guesses at the webhook is slowed down by address; who is proved never is."""

from uuid import uuid4

import pytest

from bots.services.bots import create_bot, webhook_key
from core import limits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_market")]

WEBHOOK = "/api/v1/webhook/tradingview"
BUY = {"symbol": "BTCUSDT", "side": "buy"}


@pytest.fixture(autouse=True)
def _two_a_minute(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "failed_proof": [(2, 60)]}


@pytest.fixture
def address():
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


def guess(client, address):
    return client.post(f"{WEBHOOK}/{uuid4().hex}", BUY, REMOTE_ADDR=address)


def test_guesses_past_the_limit_are_refused(anonymous, address):
    answers = [guess(anonymous, address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert (answers[2].json()["code"], 30 <= int(answers[2]["Retry-After"]) <= 60) == ("RATE_LIMITED", True)


def test_a_proved_sender_is_let_in_from_where_others_guess(anonymous, address, tom):
    bot = create_bot(owner=tom, name="BTC", symbol="BTCUSDT", config={"position_size": "0.1"})
    [guess(anonymous, address) for _ in range(4)]
    answers = [anonymous.post(f"{WEBHOOK}/{webhook_key(bot)}", BUY, REMOTE_ADDR=address) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4


def test_with_redis_away_the_webhook_goes_on(anonymous, address, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limits._shared.cache_clear()
    told = [guess(anonymous, address).status_code for _ in range(3)]
    limits._shared.cache_clear()
    assert told == [401, 401, 429]
