"""A bot with a strategy decides on each closed candle, once, and sends a signal where its target changes."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from bots.models import Bot, BotDecision
from bots.services import deciding
from bots.services.bots import change_bot
from bots.services.connections import connect_account
from bots.services.decisions import settle_decisions
from bots.services.in_use import BotInUse
from bots.services.terminate import terminate_bot
from bots.tests.deciding import STARTED, decide_at, decisions, minute, start, store_minutes
from conftest import NOW
from market.models import Instrument
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Order, Outcome, Position, RiskAlert, Signal
from trading.services.matching import match

pytestmark = pytest.mark.usefixtures("deciding_bot")


def held():
    """Return the side and size of what is open."""
    return [(row.side, str(row.size.normalize())) for row in Position.objects.open()]


def test_a_target_becomes_a_signal_and_a_position(btcusdt, deciding_bot):
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    signal = Signal.objects.get()
    assert (signal.source, signal.bot_id, signal.side, signal.status) == (
        "strategy",
        deciding_bot.id,
        "buy",
        "processed",
    )
    assert (decisions(), held()) == ([(1.0, "", "buy")], [("long", "0.1")])


def test_before_the_first_candle_since_its_start_has_closed_nothing_is_decided():
    decide_at(minute(0))
    assert decisions() == []


def test_a_target_that_stays_sends_nothing_again(btcusdt):
    store_minutes(btcusdt, [1, 1])
    decide_at(minute(1))
    decide_at(minute(2))
    assert decisions() == [(1.0, "", "buy"), (1.0, "UNCHANGED", "")]


def test_a_flat_target_at_the_start_sends_nothing(btcusdt):
    store_minutes(btcusdt, [0])
    decide_at(minute(1))
    assert decisions() == [(0.0, "UNCHANGED", "")]


def test_a_target_of_the_other_side_reverses(btcusdt):
    store_minutes(btcusdt, [1, -1])
    decide_at(minute(1))
    decide_at(minute(2))
    assert (decisions()[1], held()) == ((-1.0, "", "sell"), [("short", "0.1")])


def test_a_target_of_nothing_closes(btcusdt):
    store_minutes(btcusdt, [1, 0])
    decide_at(minute(1))
    decide_at(minute(2))
    assert (decisions()[1], held()) == ((0.0, "", "close"), [])


def test_a_strategy_reverses_whatever_the_bot_does_with_alerts(btcusdt, deciding_bot):
    Bot.objects.update(config={**deciding_bot.config, "on_opposite": "ignore", "pyramiding": True})
    store_minutes(btcusdt, [1, -1])
    decide_at(minute(1))
    decide_at(minute(2))
    assert held() == [("short", "0.1")]


def test_a_bot_without_shorts_only_closes(btcusdt, deciding_bot):
    Bot.objects.update(config={**deciding_bot.config, "allow_shorts": False})
    store_minutes(btcusdt, [1, -1])
    decide_at(minute(1))
    decide_at(minute(2))
    assert held() == []


def test_a_part_of_a_target_is_a_part_of_the_size(btcusdt):
    store_minutes(btcusdt, [-0.5])
    decide_at(minute(1))
    assert (Signal.objects.get().size, held()) == ("0.05", [("short", "0.05")])


@pytest.mark.parametrize(("target", "size"), [(1, "0.1"), (0.2, "0.02")])
def test_another_size_of_the_same_side_brings_the_position_to_it(btcusdt, target, size):
    store_minutes(btcusdt, [0.5, target])
    decide_at(minute(1))
    decide_at(minute(2))
    assert (held(), Order.objects.count(), Outcome.objects.filter(status="filled").count()) == ([("long", size)], 2, 2)


def test_a_size_that_comes_to_the_same_lots_is_left(btcusdt):
    store_minutes(btcusdt, [0.5, 0.501])
    decide_at(minute(1))
    decide_at(minute(2))
    assert (held(), Order.objects.count()) == ([("long", "0.05")], 1)
    assert Outcome.objects.filter(code="ALREADY_AT_TARGET", status="skipped").exists()


def test_a_size_is_not_brought_to_another_without_a_price(btcusdt, still_market):
    store_minutes(btcusdt, [0.5, 1])
    decide_at(minute(1))
    still_market.at = minute(1)
    decide_at(minute(2))
    assert (held(), Outcome.objects.filter(code="STALE_QUOTE").count()) == ([("long", "0.05")], 1)


def test_exits_of_the_bot_are_set_on_what_its_strategy_opens(btcusdt, deciding_bot):
    Bot.objects.update(config={**deciding_bot.config, "stop_loss": "2%", "take_profit": "5%"})
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    position = Position.objects.get()
    assert (position.stop_loss, position.take_profit) == (49_000, 52_500)


def test_a_candle_is_decided_on_once_however_often_it_is_looked_at(btcusdt):
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    decide_at(minute(1) + timedelta(seconds=20))
    assert (len(decisions()), Signal.objects.count(), Order.objects.count()) == (1, 1, 1)


def test_two_workers_that_decide_on_one_candle_send_one_signal(btcusdt, monkeypatch):
    store_minutes(btcusdt, [1])
    seen = list(deciding.bots_at_work())
    decide_at(minute(1))
    monkeypatch.setattr(deciding, "bots_at_work", lambda: seen)
    decide_at(minute(1))
    assert (len(decisions()), Signal.objects.count(), Order.objects.count()) == (1, 1, 1)


def test_a_signal_that_nobody_went_through_with_is_gone_through_with_by_the_next(btcusdt):
    store_minutes(btcusdt, [1])
    list(deciding.decide_closed_candles(clock=lambda: minute(1)))
    assert Signal.objects.get().status == "processing"
    decide_at(minute(1) + timedelta(seconds=15))
    assert (Signal.objects.get().status, held()) == ("processed", [("long", "0.1")])


def test_a_worker_that_holds_a_decision_is_not_disturbed(btcusdt, deciding_bot):
    store_minutes(btcusdt, [1])
    list(deciding.decide_closed_candles(clock=lambda: minute(1)))
    BotDecision.objects.update(lease_until=minute(1) + timedelta(seconds=1))
    assert settle_decisions(deciding_bot.id, clock=lambda: minute(1)) == 0
    assert settle_decisions(deciding_bot.id, clock=lambda: minute(1) + timedelta(seconds=2)) == 1


def test_missed_candles_are_written_down_and_only_the_newest_is_acted_on(btcusdt):
    store_minutes(btcusdt, [0, 1, 0, -1])
    decide_at(minute(1))
    decide_at(minute(4))
    assert decisions()[1:] == [(1.0, "MISSED", ""), (0.0, "MISSED", ""), (-1.0, "", "sell")]
    assert held() == [("short", "0.1")]


def test_a_target_that_went_and_came_back_while_the_desk_was_away_is_sent_again(btcusdt):
    store_minutes(btcusdt, [1, 0, 1])
    decide_at(minute(1))
    decide_at(minute(3))
    assert decisions()[1:] == [(0.0, "MISSED", ""), (1.0, "", "buy")]
    assert [row.code for row in Outcome.objects.order_by("updated_at")][-1] == "ALREADY_IN_POSITION"


def test_a_target_that_stayed_while_the_desk_was_away_is_not_sent_again(btcusdt):
    store_minutes(btcusdt, [1, 1, 1])
    decide_at(minute(1))
    decide_at(minute(3))
    assert decisions()[1:] == [(1.0, "MISSED", ""), (1.0, "UNCHANGED", "")]


def test_a_change_that_is_older_than_the_bot_trades_is_stale_and_acted_on_at_the_next_candle(btcusdt, deciding_bot):
    Bot.objects.update(config={**deciding_bot.config, "max_lag": 10})
    store_minutes(btcusdt, [1, 1])
    decide_at(minute(1) + timedelta(seconds=11))
    decide_at(minute(2))
    assert decisions() == [(1.0, "STALE", ""), (1.0, "", "buy")]


def test_a_position_that_its_stop_has_closed_stays_closed_until_the_target_changes(btcusdt, deciding_bot):
    Bot.objects.update(config={**deciding_bot.config, "stop_loss": "2%"})
    store_minutes(btcusdt, [1, 1, -1])
    decide_at(minute(1))
    later = minute(1) + timedelta(seconds=5)
    match([PriceRange.of(btcusdt, [Quote(btcusdt.id, *[Decimal(48_000)] * 3, later)])], clock=lambda: later)
    decide_at(minute(2))
    assert held() == []
    decide_at(minute(3))
    assert held() == [("short", "0.1")]


def test_a_start_brings_accounts_that_came_meanwhile_to_the_target(btcusdt, deciding_bot, tom, account_of):
    store_minutes(btcusdt, [1, 1])
    decide_at(minute(1))
    connect_account(deciding_bot, account_of(tom, name="Later"))
    start(deciding_bot, at=minute(1) + timedelta(seconds=1))
    decide_at(minute(2))
    assert (decisions()[-1], len(held())) == ((1.0, "", "buy"), 2)


def test_a_bot_that_holds_something_stays_in_its_market(btcusdt, deciding_bot):
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    with pytest.raises(BotInUse, match="1 open position"):
        change_bot(deciding_bot.id, {"symbol": "BTC-USD"}, now=minute(1))
    assert Bot.objects.get(pk=deciding_bot.id).symbol == "BTCUSDT"


def test_what_was_decided_in_another_market_says_nothing_of_this_one(btcusdt, deciding_bot, still_market):
    still_market.set("BTC-USD", "50000")
    store_minutes(btcusdt, [1])
    store_minutes(Instrument.objects.get(symbol="BTC-USD"), [0, 1])
    decide_at(minute(1))
    terminate_bot(deciding_bot, run_id=uuid4(), clock=lambda: minute(1))
    change_bot(deciding_bot.id, {"symbol": "BTC-USD"}, now=minute(1))
    decide_at(minute(2))
    assert (decisions()[-1], held()) == ((1.0, "", "buy"), [("long", "0.1")])


@pytest.mark.parametrize("change", [{"status": "paused"}, {"status": "stopped"}, {"deleted_at": NOW}], ids=str)
def test_a_bot_that_is_not_active_decides_nothing(btcusdt, change):
    Bot.objects.update(**change)
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert decisions() == []


def test_a_strategy_that_is_only_a_name_decides_nothing(btcusdt, deciding_bot):
    deciding_bot.strategy.rule = ""
    deciding_bot.strategy.save()
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert decisions() == []


def test_a_bot_that_is_stopped_between_the_look_and_the_write_sends_nothing(btcusdt, monkeypatch):
    store_minutes(btcusdt, [1])
    seen = list(deciding.bots_at_work())
    Bot.objects.update(status="stopped")
    monkeypatch.setattr(deciding, "bots_at_work", lambda: seen)
    decide_at(minute(1))
    assert (decisions(), Signal.objects.count()) == ([], 0)


def test_a_rule_that_raises_is_written_down_and_told_and_the_bot_goes_on(btcusdt):
    store_minutes(btcusdt, [1], volume=9)
    decide_at(minute(1))
    decision, alert = BotDecision.objects.get(), RiskAlert.objects.get()
    assert (decision.code, decision.target, decision.signal) == ("RULE_FAILED", None, None)
    assert "by nought" in decision.reason
    assert ("by nought" in alert.message, alert.alert_type) == (True, "BOT_DECISION_WARNING")
    store_minutes(btcusdt, [1, 1])
    decide_at(minute(2))
    assert decisions()[-1] == (1.0, "", "buy")
    assert not RiskAlert.objects.standing().exists()


def test_a_newest_candle_that_is_not_there_is_waited_for(btcusdt):
    decide_at(minute(1))
    assert decisions() == []
    store_minutes(btcusdt, [1])
    decide_at(minute(1) + timedelta(seconds=30))
    assert decisions() == [(1.0, "", "buy")]


def test_a_candle_that_does_not_come_is_given_up_and_told(btcusdt):
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    decide_at(minute(3) - timedelta(seconds=2))
    assert len(decisions()) == 1
    Bot.objects.update(config={"max_lag": 30, "position_size": "0.1"})
    decide_at(minute(2) + timedelta(seconds=30))
    assert decisions()[-1] == (None, "NO_CANDLES", "")
    assert "not there" in RiskAlert.objects.get().message


def test_a_hole_in_the_candles_is_nothing_to_decide_on(btcusdt):
    store_minutes(btcusdt, [1], first=STARTED + 1)
    decide_at(minute(2))
    assert decisions() == []


def test_the_signal_of_a_bot_that_may_not_trade_is_refused_as_a_whole(btcusdt, tom):
    tom.is_active = False
    tom.save()
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    assert decisions() == [(1.0, "OWNER_MAY_NOT_TRADE", "buy")]


def test_a_decision_keeps_the_candle_and_the_parameters_that_it_rests_on(btcusdt):
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    decision = BotDecision.objects.get()
    assert decision.candle == {"open": 100.0, "high": 101.0, "low": 100.0, "close": 101.0, "volume": 1.0}
    assert (decision.rule, decision.opened_at, decision.settled_at) == ("telling", NOW, minute(1))


def test_a_round_without_anything_new_is_one_statement(django_assert_num_queries, btcusdt):
    store_minutes(btcusdt, [1])
    decide_at(minute(1))
    with django_assert_num_queries(1):
        decide_at(minute(1) + timedelta(seconds=30))
