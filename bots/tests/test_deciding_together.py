"""Many bots, many workers and many accounts: one look at the candles, one decision each, no more statements."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots import tasks
from bots.models import Bot, BotDecision
from bots.services import deciding, decisions
from bots.services.connections import connect_account
from bots.tests.deciding import TELLING, decide_at, minute, start, store_minutes
from trading.models import Order, Outcome, RiskAlert, Signal
from trading.tests.test_two_at_once import at_once

rows = deciding._rows
IN_THE_WORKER = "import django; django.setup(); import sys, bots.tasks; print({'numba', 'ccxt'} & {*sys.modules})"


@pytest.fixture
def more_bots(deciding_bot, tom, account_of, bot_of):
    """Make more bots of the same strategy, each on an account of its own."""

    def make(many):
        for number in range(many):
            terms = {"timeframe": deciding_bot.timeframe, "strategy_id": deciding_bot.strategy_id}
            bot = bot_of(tom, name=f"Bot {number}", config=deciding_bot.config, **terms)
            connect_account(bot, account_of(tom, name=str(number)))
            start(bot)

    return make


def statements(now):
    with CaptureQueriesContext(connection) as queries:
        list(deciding.decide_closed_candles(clock=lambda: now))
    return len(queries)


def test_bots_that_ask_the_same_have_the_candles_read_once(more_bots, btcusdt):
    more_bots(3)
    store_minutes(btcusdt, [1])
    with patch.object(deciding, "candles_so_far", wraps=deciding.candles_so_far) as read:
        decide_at(minute(1))
    assert (read.call_count, Signal.objects.count(), Order.objects.filter(status="filled").count()) == (1, 4, 4)


def test_bots_that_were_started_at_other_times_are_answered_apart(more_bots, btcusdt, deciding_bot):
    more_bots(1)
    start(deciding_bot, at=minute(-2000))
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert BotDecision.objects.filter(code="").count() == 2


def test_bots_with_other_parameters_are_answered_apart(more_bots, btcusdt, deciding_bot):
    more_bots(1)
    deciding_bot.strategy.pk = None
    deciding_bot.strategy.slug = "other"
    deciding_bot.strategy.parameters = {"fails_at": 1.0}
    deciding_bot.strategy.save()
    Bot.objects.filter(pk=deciding_bot.pk).update(strategy=deciding_bot.strategy)
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert sorted(BotDecision.objects.values_list("code", flat=True)) == ["", "RULE_FAILED"]


def test_ten_bots_that_stay_as_they_are_take_the_statements_of_one(more_bots, btcusdt):
    store_minutes(btcusdt, [0, 0])
    few = statements(minute(1))
    more_bots(9)
    many = statements(minute(2))
    assert (few, BotDecision.objects.count()) == (many, 1 + 10 + 9)


def test_a_decision_for_twenty_accounts_takes_the_statements_of_one(deciding_bot, btcusdt, tom, account_of):
    store_minutes(btcusdt, [1, -1])
    few = statements(minute(1))
    [connect_account(deciding_bot, account_of(tom, name=str(number))) for number in range(19)]
    many = statements(minute(2))
    assert (few, Outcome.objects.count()) == (many, 21)


def test_a_question_that_fails_takes_no_other_with_it(more_bots, btcusdt, deciding_bot, caplog):
    more_bots(1)
    Bot.objects.filter(pk=deciding_bot.pk).update(symbol="NOSUCHCOIN")
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert sorted(BotDecision.objects.values_list("code", flat=True)) == ["", "UNKNOWN_SYMBOL"]


def test_a_fault_of_ours_is_logged_and_takes_no_other_with_it(more_bots, btcusdt, deciding_bot, monkeypatch, caplog):
    more_bots(1)
    Bot.objects.filter(pk=deciding_bot.pk).update(symbol="BTC-USD")
    store_minutes(btcusdt, [1])
    monkeypatch.setattr(deciding, "_rows", lambda bot, answer: 1 / 0 if bot.symbol == "BTC-USD" else rows(bot, answer))
    decide_at(minute(1))
    assert "no decision on BTC-USD 1m by telling" in caplog.text
    assert Order.objects.count() == 1


def test_a_signal_that_fails_again_and_again_is_given_up(deciding_bot, btcusdt, monkeypatch, caplog):
    store_minutes(btcusdt, [1])
    list(deciding.decide_closed_candles(clock=lambda: minute(1)))
    monkeypatch.setattr(decisions, "run_signal", lambda *args, **kwargs: 1 / 0)
    tries = [minute(1) + timedelta(seconds=40 * number) for number in range(5)]
    assert [decisions.settle_decisions(deciding_bot.id, clock=lambda at=at: at) for at in tries] == [0, 0, 0, 0, 1]
    assert (BotDecision.objects.get().code, Signal.objects.get().status) == ("INTERNAL", "processed")


def test_a_desk_that_starts_alone_frees_what_its_dead_worker_held(deciding_bot, btcusdt):
    store_minutes(btcusdt, [1])
    list(deciding.decide_closed_candles(clock=lambda: minute(1)))
    BotDecision.objects.update(lease_until=minute(2))
    assert decisions.release_decisions() == 1
    assert decisions.settle_decisions(deciding_bot.id, clock=lambda: minute(1)) == 1


def test_decisions_of_a_month_ago_that_sent_nothing_are_forgotten(deciding_bot, btcusdt):
    store_minutes(btcusdt, [0, 1, 1, 1])
    [decide_at(minute(number)) for number in (1, 2, 3, 4)]
    assert decisions.forget_decisions(now=minute(4) + timedelta(days=30, minutes=1)) == 2
    assert list(BotDecision.objects.order_by("id").values_list("code", flat=True)) == ["", "UNCHANGED"]


def test_the_newest_decision_that_a_bot_stands_by_is_never_forgotten(deciding_bot, btcusdt):
    store_minutes(btcusdt, [0])
    decide_at(minute(1))
    assert decisions.forget_decisions(now=minute(1) + timedelta(days=400)) == 0


def test_the_clock_nudges_a_worker_for_each_bot_that_acts(deciding_bot, monkeypatch):
    nudged = []
    monkeypatch.setattr(tasks, "decide_closed_candles", lambda *, clock: iter([deciding_bot.pk]))
    monkeypatch.setattr(tasks, "nudge_worker", lambda task, *ids: nudged.append((task.name, *ids)))
    tasks.decide()
    assert nudged == [("bots.tasks.settle_bot", deciding_bot.pk)]


def test_a_nudged_worker_goes_through_with_what_was_decided(deciding_bot, btcusdt):
    store_minutes(btcusdt, [1])
    list(deciding.decide_closed_candles(clock=lambda: minute(1)))
    tasks.settle_bot(str(deciding_bot.pk))
    assert BotDecision.objects.get().settled_at is not None


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_decide_once_and_trade_once(more_bots, btcusdt):
    more_bots(3)
    store_minutes(btcusdt, [1])
    assert at_once([lambda: decide_at(minute(1))] * 4) == []
    decide_at(minute(1) + timedelta(seconds=15))
    assert (BotDecision.objects.count(), Signal.objects.filter(status="processed").count()) == (4, 4)
    assert Order.objects.filter(status="filled").count() == Order.objects.count() == 4


@pytest.mark.slow
def test_a_worker_that_decides_has_no_compiler_in_memory():
    """numba costs 80 MB and half a second, ccxt as much; TA-Lib is all that rules need."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings_test"}
    told = subprocess.check_output([sys.executable, "-c", IN_THE_WORKER], cwd=settings.BASE_DIR, env=environ)
    assert told.decode().strip() == "set()"


def _exits(*given, **named):
    raise SystemExit(3)


@pytest.mark.parametrize("broken", ["targets", "warm_up"])
def test_a_rule_that_exits_is_written_down_and_ends_nobody_else(monkeypatch, btcusdt, deciding_bot, broken):
    monkeypatch.setattr(deciding, "find_rule", lambda name: replace(TELLING, **{broken: _exits}))
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert list(BotDecision.objects.values_list("target", "code")) == [(None, "RULE_FAILED")]
    assert RiskAlert.objects.standing().count() == 1
