"""POST /signals/{correlation_id}/retry: once more, on the accounts that did not trade and on no other."""

import uuid
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Share
from accounts.services.ledger import deposit
from bots.models import BotStatus
from bots.services import retry as retrying
from bots.services.alerts import Asked, signal_from_alert
from bots.services.bots import change_status
from bots.services.connections import connect_account, disconnect_account
from core.tests.asking import say_yes
from trading.decisions import IntentSide
from trading.models import Order, Outcome, Position, Signal
from trading.services.signals import run_signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def rich(tom, account_of):
    return account_of(tom, name="rich")


@pytest.fixture
def poor(tom, account_of):
    return account_of(tom, name="poor", balance="10")


@pytest.fixture
def bot(tom, bot_of, rich, poor):
    bot = bot_of(tom, config={"position_size": "0.1"})
    for account in (rich, poor):
        connect_account(bot, account)
    return change_status(bot.id, BotStatus.ACTIVE)


@pytest.fixture
def signal(bot):
    """A buy that one account followed and that the other had no margin for."""
    now = timezone.now()
    opened = signal_from_alert(bot, Asked(IntentSide.BUY, "BTCUSDT"), signal_id=uuid.uuid4(), received_at=now, now=now)
    return run_signal(opened.id, clock=timezone.now)


@pytest.fixture
def funded(poor):
    deposit(poor.id, amount=Decimal(9990), reference="more", now=timezone.now())


@pytest.fixture
def retry(signal, client_of, tom):
    def send(user=tom, key=None, of=None, **body):
        headers = {"Idempotency-Key": key} if key else {}
        return client_of(user).post(f"/api/v1/signals/{of or signal.id}/retry", body, headers=headers)

    return send


def refused(answer):
    return answer.status_code, answer.json()["code"]


def outcomes():
    return list(Outcome.objects.order_by("signal__received_at", "account__name").values_list("account__name", "status"))


def test_the_account_that_did_not_trade_is_traded_as_a_signal_of_its_own(retry, signal, funded, poor):
    body = retry().json()
    assert body["correlation_id"] != str(signal.id)
    assert (body["retry_of"], body["side"], body["status"]) == (str(signal.id), "buy", "processed")
    assert [(row["account_name"], row["status"]) for row in body["results"]] == [("poor", "filled")]
    assert outcomes() == [("poor", "rejected"), ("rich", "filled"), ("poor", "filled")]
    assert set(Position.objects.values_list("account__name", "size")) == {
        ("rich", Decimal("0.1")),
        ("poor", Decimal("0.1")),
    }


def test_what_still_does_not_fit_is_told_again(retry, signal):
    [row] = retry().json()["results"]
    assert (row["status"], row["code"]) == ("rejected", "INSUFFICIENT_MARGIN")
    assert retry().status_code == 200


def test_once_all_have_traded_nothing_is_left(retry, funded):
    first = retry().json()["correlation_id"]
    assert refused(retry()) == refused(retry(of=first)) == (409, "NOTHING_TO_RETRY")
    assert Order.objects.count() == 2


@pytest.mark.parametrize("status", ["unknown", "pending", "filled", "partially_filled"])
def test_what_is_not_known_not_to_have_traded_is_left_alone(retry, signal, funded, status):
    Outcome.objects.update(status=status)
    assert refused(retry()) == (409, "NOTHING_TO_RETRY")
    assert Order.objects.count() == 1


@pytest.fixture
def died(retry, funded, monkeypatch):
    """A retry whose process died once its signal was stored, before anything was traded."""
    with monkeypatch.context() as patch:
        patch.setattr(retrying, "run_signal", _dies)
        with pytest.raises(KeyboardInterrupt):
            retry(key="k")
    return Signal.objects.exclude(retry_of=None).get()


def _dies(*_, **__):
    raise KeyboardInterrupt


def test_asked_again_soon_after_its_death_the_retry_goes_on_under_its_signal(died, retry):
    body = retry(key="k").json()
    assert (body["correlation_id"], body["success_count"]) == (str(died.id), 1)
    assert (retry(key="k").json()["success_count"], Order.objects.count()) == (1, 2)


def test_asked_again_long_after_its_death_the_retry_is_given_up(died, retry):
    Signal.objects.filter(pk=died.id).update(received_at=timezone.now() - timedelta(seconds=61))
    body = retry(key="k").json()
    assert (body["status"], body["error_count"], Order.objects.count()) == ("processed", 1, 1)


def test_one_that_is_being_traded_is_not_retried(retry, signal):
    Signal.objects.filter(pk=signal.id).update(status="processing")
    assert refused(retry()) == (409, "SIGNAL_RUNNING")


def test_a_skip_is_asked_again(retry, signal, funded, rich):
    Outcome.objects.update(status="skipped")
    assert [row["status"] for row in retry().json()["results"]] == ["filled", "skipped"]


def test_the_same_key_is_one_retry(retry, funded):
    first, second = retry(key="k1"), retry(key="k1")
    assert first.json() == second.json()
    assert Signal.objects.count() == 2


def test_past_its_max_lag_only_an_admin_retries_it_by_force(retry, signal, funded, tom, ada):
    Signal.objects.update(received_at=timezone.now() - timedelta(seconds=61))
    assert refused(retry()) == refused(retry(ada)) == (400, "STALE_ALERT")
    assert refused(retry(tom, force=True)) == (403, "FORBIDDEN")
    assert retry(ada, force=True).status_code == 200


def test_a_bot_that_is_not_active_retries_nothing(retry, bot, funded):
    change_status(bot.id, BotStatus.PAUSED)
    assert refused(retry()) == (400, "BOT_NOT_ACTIVE")
    assert Signal.objects.count() == 1


def test_an_account_that_left_the_bot_is_left_out(retry, bot, poor, funded):
    disconnect_account(bot, poor)
    assert refused(retry()) == (409, "NOTHING_TO_RETRY")


def test_a_signal_that_was_refused_as_a_whole_has_no_account_to_retry(retry, bot):
    now = timezone.now()
    asked = Asked(IntentSide.BUY, "ETHUSDT")
    whole = signal_from_alert(bot, asked, signal_id=uuid.uuid4(), received_at=now, now=now)
    assert refused(retry(of=whole.id)) == (409, "NOTHING_TO_RETRY")


def test_strangers_find_none_and_who_it_is_shared_with_may_not(retry, bot, mallory, vic, eve):
    Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.id)
    assert (retry(mallory).status_code, retry(vic).status_code, retry(eve).status_code) == (404, 403, 403)


@pytest.mark.parametrize("body", [{"force": "perhaps"}, {"unknown": 1}])
def test_nonsense_is_refused(retry, body):
    assert retry(**body).status_code == 422


def test_statements_do_not_grow_with_the_accounts(retry, bot, tom, account_of):
    with CaptureQueriesContext(connection) as few:
        retry()
    for number in range(20):
        connect_account(bot, account_of(tom, name=f"more {number}", balance="10"))
    now = timezone.now()
    opened = signal_from_alert(bot, Asked(IntentSide.BUY, "BTCUSDT"), signal_id=uuid.uuid4(), received_at=now, now=now)
    many = run_signal(opened.id, clock=timezone.now)
    with CaptureQueriesContext(connection) as more:
        assert retry(of=many.id).status_code == 200
    assert len(more) <= len(few)


@pytest.fixture
def replay(client, ada, signal):
    """Choose the signal's replay in the console."""
    client.force_login(ada)

    def choose(send=client.post):
        chosen = {"action": "replay", "_selected_action": str(signal.id)}
        return send("/admin/trading/signal/", chosen).content.decode()

    return choose


def test_the_console_says_how_many_accounts_a_replay_is_for(replay, funded):
    page = replay()
    assert "1 account did not trade." in page
    assert Signal.objects.count() == 1


@pytest.fixture
def confirmed(client):
    return partial(say_yes, client)


def test_the_console_replays_where_it_did_not_trade(replay, confirmed, funded):
    assert "1 account traded, 0 did not" in replay(confirmed)
    assert outcomes() == [("poor", "rejected"), ("rich", "filled"), ("poor", "filled")]


def test_a_replay_that_is_refused_says_why(replay, confirmed, funded):
    replay(confirmed)
    assert "No account is left" in replay(confirmed)
