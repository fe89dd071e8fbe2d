"""Alerts that are plain text at the door: who sent them, and that nothing of the secret stays."""

from urllib.parse import quote

import pytest
from django.core import serializers
from rest_framework.test import APIClient

from accounts.models import User
from bots.models import Bot
from bots.services.bots import create_bot, webhook_key
from market.models import Instrument
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

WEBHOOK = "/api/v1/webhook/tradingview"
ORDER = "S: order buy @ 0.5 filled on BTCUSDT. New strategy position is 0.5"

PROVED = [
    "side=buy symbol=BTCUSDT secret={key}",
    "secret = {key}\nside = buy\nsymbol = BTCUSDT",
    "symbol=BTCUSDT;token='{key}';side=buy",
    'symbol=BTCUSDT&passphrase="{key}"&side=buy',
    "symbol: BTCUSDT\r\nside: buy\r\nkey: {key}",
    "side=buy&symbol=BINANCE%3ABTCUSDT&secret={encoded}",
    "buy BTCUSDT 0.1 passphrase {key}",
    "secret {key}\nbuy BTCUSDT 0.1",
    "secret={key} buy BTCUSDT 0.1",
    f"{ORDER} key: {{key}}",
    f"webhook_key={{key}}\n{ORDER}",
    f"{ORDER}\nsecret={{key}}\nalert_id={{key}}-1",
]

LEAKS = [
    "side={key} symbol=BTCUSDT secret={key}",
    "side=buy symbol={key} secret={key}",
    "side=buy symbol=BTCUSDT alert_id=a-{key} secret={key}",
    "side=buy symbol=BTCUSDT sl={encoded} secret={key}",
    "{key}=1 {key}=2 side=buy secret={key}",
    "buy {key} secret={key}",
    "buy BTCUSDT 1{key} secret={key}",
    "hello {key} secret={key}",
    '{{"side": "{key}", "secret": "{key}"}}',
    '{{"side": "buy", "alert_id": "{key}", "symbol": "BTCUSDT", "secret": "{key}"}}',
    '{{"{key}": 1, "{key}": 2, "secret": "{key}"}}',
]


@pytest.fixture(autouse=True)
def worker_at_once(settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def bot(tom: User, btcusdt: Instrument) -> Bot:
    return create_bot(owner=tom, name="Badger", symbol="BTCUSDT")


def post(client: APIClient, body: str, bot: Bot):
    key = webhook_key(bot)
    encoded = "".join(f"%{ord(letter):02X}" for letter in key[:9]) + quote(key[9:])
    raw = body.format(key=key, encoded=encoded).encode()
    return client.post(WEBHOOK, data=raw, content_type="text/plain; charset=utf-8")


@pytest.mark.parametrize("body", PROVED)
def test_a_secret_in_a_text_proves_its_sender_and_is_struck_out(anonymous, bot, body):
    answer = post(anonymous, body, bot).json()
    delivery = Delivery.objects.get()
    assert (delivery.proof, answer["data"]["code"]) == ("body_secret", "BOT_NOT_ACTIVE")
    assert b"***" in bytes(delivery.body)
    assert webhook_key(bot).encode() not in bytes(delivery.body)
    assert webhook_key(bot) not in delivery.alert_id


@pytest.mark.parametrize("body", LEAKS)
def test_nothing_of_a_secret_is_left_in_row_answer_or_log(anonymous, bot, body, caplog):
    answer = post(anonymous, body, bot)
    row = serializers.serialize("json", Delivery.objects.all()) + repr(bytes(Delivery.objects.get().body))
    assert answer.status_code == 200
    assert webhook_key(bot)[9:] not in row + answer.content.decode() + caplog.text


@pytest.mark.parametrize("body", ["secret={key}x buy BTCUSDT", "buy BTCUSDT {key}", "{key}"])
def test_a_text_without_the_right_secret_proves_nobody(anonymous, bot, body):
    assert post(anonymous, body, bot).status_code == 401
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("start", ["buy BTCUSDT", "side=buy symbol=BTCUSDT", ORDER])
def test_a_text_that_was_fired_long_ago_is_stale(anonymous, bot, start):
    Bot.objects.update(status="active")
    answer = post(anonymous, f"{start} timenow=2020-01-01T00:00:00Z secret={{key}}", bot).json()
    assert answer["data"]["code"] == "STALE_ALERT"


def test_an_alert_id_in_a_text_is_taken_once(anonymous, bot):
    post(anonymous, "buy BTCUSDT alert_id=a1 secret={key}", bot)
    post(anonymous, "sell BTCUSDT alert_id=a1 secret={key}", bot)
    assert list(Delivery.objects.order_by("id").values_list("status", flat=True)) == ["rejected", "duplicate"]


def test_bytes_that_are_no_text_stay_a_400_whatever_is_struck_out(anonymous, bot):
    raw = b"buy BTCUSDT secret=%s token=\xff" % webhook_key(bot).encode()
    assert anonymous.post(WEBHOOK, data=raw, content_type="text/plain").status_code == 400
    assert Delivery.objects.get().code == "NOT_TEXT"


@pytest.mark.parametrize(
    "body", ['{{"symbol":"BTCUSDT","side":"buy","token":oops}}', '{{"side":"buy","symbol":"BTCUSDT","key":{key}}}']
)
def test_json_that_is_whole_only_without_its_secret_is_refused(anonymous, bot, body):
    post_by_url(anonymous, body.format(key=webhook_key(bot)).encode(), bot)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.code) == ("rejected", "NOT_JSON")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_key_between_nulls_is_not_kept(anonymous, bot, encoding):
    key = webhook_key(bot)
    post_by_url(anonymous, f'{{"side":"buy","secret":"{key}"}}'.encode(encoding), bot)
    assert key.encode() not in bytes(Delivery.objects.get().body).replace(b"\x00", b"")


def test_a_key_in_the_content_type_is_not_kept(anonymous, bot):
    key = webhook_key(bot)
    post_by_url(anonymous, b"side=buy symbol=BTCUSDT", bot, content_type=f"text/plain; x={key}")
    assert key not in Delivery.objects.get().content_type


def post_by_url(client: APIClient, raw: bytes, bot: Bot, content_type: str = "text/plain"):
    return client.post(f"{WEBHOOK}/{webhook_key(bot)}", data=raw, content_type=content_type)
