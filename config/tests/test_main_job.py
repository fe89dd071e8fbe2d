"""The main job: one alert over HTTP trades every account of a bot and can be read back to the last ledger line."""

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TradingAccount, Transfer, User
from accounts.selectors.ledger import reconcile
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, rotate_key, webhook_key
from bots.services.connections import connect_account
from trading.models import Order, Position, Signal
from webhooks.models import Delivery

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("still_market", "no_slippage", "worker_at_once"),
]

WEBHOOK = "/api/v1/webhook/tradingview"
BUY = {"symbol": "BTCUSDT", "side": "buy", "size": "10%", "leverage": "5", "takeprofit": "5%"}


@pytest.fixture
def worker_at_once(settings) -> None:
    """A nudge runs the worker's task in the request: what a running worker does, without waiting."""
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def bot(tom: User, account_of: Callable[..., TradingAccount]) -> Bot:
    bot = create_bot(owner=tom, name="BTC", symbol="BTCUSDT")
    for number in (1, 2, 3):
        connect_account(bot, account_of(tom, name=f"Paper {number}"))
    return change_status(bot.id, BotStatus.ACTIVE)


def post(client: APIClient, path: str, body: object, **headers: str):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=raw, content_type=headers.pop("content_type", "application/json"), headers=headers)


def test_an_alert_trades_every_account(anonymous, bot):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY)
    body = answer.json()
    assert (answer.status_code, body["success"], body["data"]["status"]) == (200, True, "processed")
    assert (body["data"]["success_count"], body["data"]["error_count"]) == (3, 0)
    assert {result["quantity"] for result in body["data"]["results"]} == {"0.1"}
    assert Position.objects.open().count() == 3
    assert all(reconcile(account).difference == 0 for account in TradingAccount.objects.all())


def test_the_signal_can_be_read_back_to_the_ledger(anonymous, bot, tom, client_of):
    correlation_id = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()["data"]["correlation_id"]
    signal = client_of(tom).get(f"/api/v1/signals/{correlation_id}").json()
    order_id = signal["results"][0]["order_ids"][0]
    account_id = signal["results"][0]["account_id"]
    order = client_of(tom).get(f"/api/v1/orders/{order_id}").json()
    ledger = client_of(tom).get(f"/api/v1/accounts/{account_id}/ledger").json()["items"]
    assert (order["signal_id"], order["status"], order["commission"]) == (correlation_id, "filled", "1")
    assert (ledger[0]["kind"], ledger[0]["amount"], ledger[0]["balance_after"]) == ("commission", "-1", "9999")


@pytest.mark.parametrize("where", ["url", "body", "signature"])
def test_three_proofs_of_the_sender(anonymous, bot, where):
    key = webhook_key(bot)
    body = {**BUY, "botname": "BTC", **({"secret": key} if where == "body" else {})}
    raw = json.dumps(body).encode()
    signed = {"X-TradingView-Signature": hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()}
    path = f"{WEBHOOK}/{key}" if where == "url" else WEBHOOK
    answer = post(anonymous, path, raw, **(signed if where == "signature" else {}))
    assert (answer.status_code, answer.json()["data"]["success_count"]) == (200, 3)


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        (f"{WEBHOOK}/wrong-key", BUY, {}),
        (WEBHOOK, BUY, {}),
        (WEBHOOK, {**BUY, "secret": "wrong"}, {}),
        (WEBHOOK, {**BUY, "botname": "BTC"}, {"X-TradingView-Signature": "0" * 64}),
        (WEBHOOK, {**BUY, "botname": "nobody"}, {"X-TradingView-Signature": "0" * 64}),
    ],
)
def test_every_failed_proof_gets_the_same_answer_and_no_row(anonymous, bot, path, body, headers):
    answer = post(anonymous, path, body, **headers)
    told = {name: answer.json()[name] for name in ("success", "code", "detail", "errors")}
    assert answer.status_code == 401
    assert told == {
        "success": False,
        "code": "UNKNOWN_SENDER",
        "detail": "The sender of this request is not known.",
        "errors": {},
    }
    assert not Delivery.objects.exists()


def test_the_secret_is_struck_out_of_what_is_kept(anonymous, bot):
    post(anonymous, WEBHOOK, {**BUY, "secret": webhook_key(bot), "note": f"again {webhook_key(bot)}"})
    assert webhook_key(bot).encode() not in bytes(Delivery.objects.get().body)


def test_an_old_key_works_for_ten_minutes_after_a_rotation(anonymous, bot):
    old = webhook_key(bot)
    rotate_key(bot.id, now=timezone.now())
    assert post(anonymous, f"{WEBHOOK}/{old}", BUY).status_code == 200


def test_the_same_bytes_again_are_answered_with_the_first_answer(anonymous, bot):
    first = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()
    again = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()
    assert again == first
    assert (Order.objects.count(), Signal.objects.count(), Delivery.objects.count()) == (3, 1, 2)


def test_the_same_alert_id_is_taken_once_whatever_else_it_says(anonymous, bot):
    post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", {**BUY, "alert_id": "a-1"})
    post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", {**BUY, "side": "sell", "alert_id": "a-1"})
    assert set(Order.objects.values_list("side", flat=True)) == {"buy"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"side": "sideways"}, "UNKNOWN_SIDE"),
        ({"size": "much"}, "INVALID_SIZE"),
        ({"size": "-1"}, "INVALID_SIZE"),
        ({"symbol": "TVC:DXY"}, "UNKNOWN_SYMBOL"),
        ({"symbol": "ETHUSDT"}, "SYMBOL_NOT_ALLOWED"),
        ({"leverage": "zero"}, "INVALID_LEVERAGE"),
        ({"size": "{{strategy.order.contracts}}"}, "UNRESOLVED_PLACEHOLDER"),
        ({"takeprofit": "NaN"}, "NOT_FINITE"),
        ({"timenow": "2020-01-01T00:00:00Z"}, "STALE_ALERT"),
    ],
)
def test_an_alert_that_makes_no_sense_is_rejected_as_a_whole(anonymous, bot, change, code):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", {**BUY, **change})
    body = answer.json()
    assert (answer.status_code, body["success"], body["data"]["code"]) == (200, False, code)
    assert body["message"].endswith(".")
    assert Delivery.objects.get().status == "rejected"
    assert not Order.objects.exists()


def test_unreadable_but_proved_is_stored_as_rejected(anonymous, bot):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", b"hello", content_type="text/plain; charset=utf-8")
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert bytes(Delivery.objects.get().body) == b"hello"


@pytest.mark.parametrize(
    "raw",
    [b'{"symbol": "\\ud800", "side": "buy"}', b'{"symbol": "a\\u0000b"}', b"\xff\xfe", b"\x00"],
    ids=["lone surrogate", "escaped NUL", "no UTF-8", "NUL"],
)
def test_what_is_no_text_is_a_400_and_kept(anonymous, bot, raw):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", raw)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert Delivery.objects.get().code == "NOT_TEXT"


def test_a_body_over_64_kib_is_a_413(anonymous, bot):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", b"[" * 100_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


def test_text_plain_json_is_read_too_and_a_slash_at_the_end_does_not_matter(anonymous, bot):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}/", BUY, content_type="text/plain; charset=utf-8")
    assert answer.json()["data"]["success_count"] == 3


@pytest.mark.parametrize(
    "body",
    [
        b"buy BTCUSDT 10% leverage=5",
        b"side=buy symbol=BTCUSDT size=10% leverage=5",
        b"S (9, 26): order buy @ 0.1 filled on BTCUSDT. New strategy position is 0.1",
    ],
)
def test_a_plain_text_trades_every_account(anonymous, bot, body):
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", body, content_type="text/plain; charset=utf-8").json()
    assert answer["data"]["success_count"] == 3
    assert {result["quantity"] for result in answer["data"]["results"]} == {"0.1"}


def test_an_order_that_leaves_the_strategy_flat_closes_and_opens_nothing(anonymous, bot):
    post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY)
    text = b"S (9, 26): order sell @ 7 filled on BTCUSDT. New strategy position is 0"
    post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", text, content_type="text/plain; charset=utf-8")
    assert not Position.objects.open().exists()


def test_an_account_that_cannot_trade_has_its_own_refusal(anonymous, bot):
    TradingAccount.objects.filter(name="Paper 2").update(is_active=False)
    data = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()["data"]
    assert (data["success_count"], data["error_count"]) == (2, 1)
    assert [result["code"] for result in data["results"]] == ["", "ACCOUNT_INACTIVE", ""]


@pytest.mark.parametrize("status", [BotStatus.PAUSED, BotStatus.STOPPED])
def test_a_bot_that_is_not_active_trades_nothing(anonymous, bot, status):
    change_status(bot.id, status)
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()
    assert (answer["success"], answer["data"]["code"]) == (False, "BOT_NOT_ACTIVE")


def test_without_a_worker_the_alert_is_stored_and_answered_as_processing(anonymous, bot, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.WEBHOOK_WAIT_SECONDS = 0.05
    answer = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()
    assert (answer["success"], answer["data"]["status"]) == (True, "processing")
    assert Delivery.objects.get().status == "received"


def test_the_ledger_of_each_account_begins_with_its_deposit(anonymous, bot):
    post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY)
    kinds = Transfer.objects.filter(account__name="Paper 1").order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["deposit", "commission"]


def test_strangers_see_neither_signal_nor_delivery(anonymous, bot, mallory, client_of):
    correlation_id = post(anonymous, f"{WEBHOOK}/{webhook_key(bot)}", BUY).json()["data"]["correlation_id"]
    api = client_of(mallory)
    assert api.get(f"/api/v1/signals/{correlation_id}").status_code == 404
    assert api.get(f"/api/v1/webhook/deliveries/{correlation_id}").status_code == 404
    assert api.get("/api/v1/webhook/deliveries").json()["total"] == 0
