"""Accounts of one bot that size its alerts each in a way of their own, down to the quantity of the order."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from bots.services.alerts import Asked, signal_from_alert, wish_of
from bots.services.bots import change_bot, change_status
from bots.services.connections import connect_account
from conftest import NOW
from trading.decisions import IntentSide
from trading.models import Order, Outcome
from trading.services.preview import preview_signal
from trading.services.signals import run_signal
from trading.sizes import parse_distance, parse_size

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    """An account of 10,000; BTC is at 50,000."""
    return account_of(tom)


@pytest.fixture
def bot(tom, account, bot_of):
    """An active bot on the account, leverage 5."""
    bot = bot_of(tom, config={"leverage": 5})
    connect_account(bot, account)
    return change_status(bot.id, "active")


def sizes(bot, **by_account):
    return change_bot(bot.id, {"config": {"account_sizes": by_account}}, now=NOW)


def asked(side="buy", size="0.1", symbol="BTCUSDT", **more):
    return Asked(IntentSide(side), symbol, size=parse_size(size) if size else None, **more)


def sent(bot, *args, **more):
    alert = asked(*args, **more)
    signal = signal_from_alert(bot, alert, signal_id=uuid.uuid4(), received_at=NOW, now=NOW)
    return run_signal(signal.id, clock=lambda: NOW)


def quantities():
    return [
        str(row.normalize()) for row in Order.objects.order_by("created_at", "leg").values_list("quantity", flat=True)
    ]


@pytest.mark.parametrize(
    ("rule", "size", "traded"),
    [
        ({"mode": "as_signalled"}, "0.1", "0.1"),
        ({"mode": "fixed", "value": "0.0239"}, "0.1", "0.023"),  # down to the lot of 0.001
        ({"mode": "fixed", "value": "150 USDT"}, "0.1", "0.003"),
        ({"mode": "percent_equity", "value": 10}, "0.5", "0.1"),  # 10,000 × 10 % × 5 ÷ 50,000
        ({"mode": "risk", "value": 1}, "0.5", "0.1"),  # 100 ÷ (50,000 − 49,000)
        ({"mode": "multiplier", "value": 0.5}, "0.1", "0.05"),
        ({"mode": "multiplier", "value": 3}, "10%", "0.3"),
        ({"mode": "multiplier", "value": 2}, "risk 1%", "0.2"),
        ({"mode": "multiplier", "value": "0.333"}, "0.1", "0.033"),
    ],
    ids=str,
)
def test_an_account_trades_its_own_size(bot, account, rule, size, traded):
    sizes(bot, **{str(account.id): rule})
    sent(bot, "buy", size, stop_loss=parse_distance("2%"))
    assert quantities() == [traded]


def test_the_bots_own_size_is_multiplied_where_the_alert_has_none(bot, account):
    change_bot(bot.id, {"config": {"position_size": "0.04"}}, now=NOW)
    sizes(bot, **{str(account.id): {"mode": "multiplier", "value": 2}})
    sent(bot, "buy", "")
    assert quantities() == ["0.08"]


def test_every_account_sizes_for_itself(bot, account, tom, account_of):
    other, third = account_of(tom), account_of(tom)
    [connect_account(bot, each) for each in (other, third)]
    rules = {str(account.id): {"mode": "fixed", "value": "0.02"}, str(other.id): {"mode": "multiplier", "value": 3}}
    sizes(bot, **rules)
    sent(bot)
    traded = {row.account_id: str(row.quantity.normalize()) for row in Order.objects.all()}
    assert traded == {account.id: "0.02", other.id: "0.3", third.id: "0.1"}


def test_what_opens_after_a_reversal_is_sized_the_same(bot, account):
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.02"}})
    sent(bot)
    sent(bot, "sell")
    assert sorted(quantities()) == ["0.02", "0.02", "0.02"]


def test_a_close_closes_all_whatever_the_size(bot, account):
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.05"}})
    sent(bot)
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.01"}})
    sent(bot, "close", "")
    assert quantities() == ["0.05", "0.05"]


@pytest.mark.parametrize(
    ("rule", "size", "code"),
    [
        ({"mode": "risk", "value": 1}, "0.1", "NO_STOP_LOSS"),
        ({"mode": "multiplier", "value": 100}, "11%", "INVALID_SIZE"),
        ({"mode": "multiplier", "value": 0.001}, "0.1", "BELOW_MINIMUM"),
    ],
    ids=str,
)
def test_a_size_that_cannot_be_is_that_accounts_refusal(bot, account, tom, account_of, rule, size, code):
    other = account_of(tom)
    connect_account(bot, other)
    sizes(bot, **{str(account.id): rule})
    sent(bot, "buy", size)
    assert (Outcome.objects.get(account=account).code, Outcome.objects.get(account=other).status) == (code, "filled")


def test_an_alert_without_a_size_trades_the_accounts_that_know_theirs(bot, account, tom, account_of):
    other = account_of(tom)
    connect_account(bot, other)
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.02"}})
    sent(bot, "buy", "")
    assert (quantities(), Outcome.objects.get(account=other).code) == (["0.02"], "NO_SIZE")


def test_without_any_size_the_alert_is_refused_as_a_whole(bot, account):
    sizes(bot, **{str(account.id): {"mode": "multiplier", "value": 2}})
    assert sent(bot, "buy", "").code == "NO_SIZE"


def test_settings_changed_meanwhile_do_not_change_a_signal_that_is_stored(bot, account):
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.02"}})
    signal = signal_from_alert(bot, asked(), signal_id=uuid.uuid4(), received_at=NOW, now=NOW)
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.07"}})
    run_signal(signal.id, clock=lambda: NOW)
    assert quantities() == ["0.02"]


def test_the_preview_says_the_same(bot, account):
    wish = wish_of(
        sizes(bot, **{str(account.id): {"mode": "multiplier", "value": 2}}), asked(), received_at=NOW, now=NOW
    )
    told = preview_signal(
        wish.account_ids, intent=wish.intent, instrument=wish.instrument, bot_id=bot.id, clock=lambda: NOW
    )
    assert [str(leg.ticket.quantity.normalize()) for leg in told.results[0].legs] == ["0.2"]


def test_the_preview_of_a_reversal_tells_a_size_that_cannot_be(bot, account):
    sent(bot)
    changed = sizes(bot, **{str(account.id): {"mode": "multiplier", "value": 100}})
    wish = wish_of(changed, asked("sell", "risk 2%"), received_at=NOW, now=NOW)
    told = preview_signal(
        wish.account_ids, intent=wish.intent, instrument=wish.instrument, bot_id=bot.id, clock=lambda: NOW
    )
    assert (told.results[0].status, told.results[0].code) == ("rejected", "INVALID_SIZE")


def test_how_accounts_size_is_not_told_to_who_sees_the_signal_through_one_of_them(bot, account, vic, client_of):
    sizes(bot, **{str(account.id): {"mode": "fixed", "value": "0.02"}})
    signal = sent(bot)
    Share.objects.create(user=vic, scope_type="account", scope_id=account.id)
    intent = client_of(vic).get(f"/api/v1/signals/{signal.id}").json()["intent"]
    assert (signal.intent["account_sizes"] != {}, "account_sizes" in intent, intent["size"]) == (True, False, "0.1")


def test_the_statements_do_not_grow_with_the_ways_to_size(bot, account, tom, account_of):
    with CaptureQueriesContext(connection) as few:
        sent(bot)
    others = [account_of(tom) for _ in range(20)]
    [connect_account(bot, other) for other in others]
    sizes(bot, **{str(other.id): {"mode": "fixed", "value": "0.02"} for other in others})
    sent(bot, "close", "")
    with CaptureQueriesContext(connection) as many:
        sent(bot)
    assert len(many) <= len(few)


@pytest.mark.parametrize(("symbol", "code"), [("BTCUSDT", ""), ("BTC/USDT", ""), ("BTC-USD", "SYMBOL_NOT_ALLOWED")])
def test_alerts_name_only_the_markets_that_are_allowed(bot, symbol, code):
    change_bot(bot.id, {"config": {"allowed_symbols": ["BTCUSDT"]}}, now=NOW)
    assert sent(bot, symbol=symbol).code == code
