"""When a sender was answered is kept with its delivery, after the answer, and never instead of it."""

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from accounts.models import User
from bots.models import Bot
from bots.services.bots import create_bot, webhook_key
from market.models import Instrument
from webhooks.api import views
from webhooks.models import Delivery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker_at_once")]

BUY = b'{"side": "buy", "symbol": "BTCUSDT"}'


@pytest.fixture
def worker_at_once(settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def bot(tom: User, btcusdt: Instrument) -> Bot:
    return create_bot(owner=tom, name="Badger", symbol="BTCUSDT")


def post(client: APIClient, bot: Bot, body: bytes = BUY) -> int:
    address = f"/api/v1/webhook/tradingview/{webhook_key(bot)}"
    return client.post(address, data=body, content_type="application/json").status_code


@pytest.mark.parametrize("body", [BUY, b"hello"])
def test_a_delivery_keeps_when_its_sender_was_answered(anonymous: APIClient, bot: Bot, body: bytes) -> None:
    assert post(anonymous, bot, body) == 200
    delivery = Delivery.objects.get()
    assert delivery.answered_at >= max(delivery.received_at, delivery.finished_at)


def test_a_duplicate_has_an_answer_of_its_own(anonymous: APIClient, bot: Bot) -> None:
    assert [post(anonymous, bot), post(anonymous, bot)] == [200, 200]
    first, second = Delivery.objects.order_by("id")
    assert first.answered_at < second.received_at < second.answered_at


def test_a_note_that_cannot_be_written_takes_no_answer_away(
    anonymous: APIClient, bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(delivery: Delivery, **_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(views, "note_answer", fails)
    assert post(anonymous, bot) == 200
    delivery = Delivery.objects.get()
    assert delivery.answered_at is None
    assert f"when delivery {delivery.correlation_id} was answered is not kept" in caplog.text
