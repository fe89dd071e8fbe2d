"""Where a strategy says that it stands, against what came before: every mismatch is flagged, and nothing else is."""

import json
import os
import random
from datetime import timedelta
from decimal import Decimal

import pytest

from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account
from conftest import NOW
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Position, RiskAlert, Signal
from trading.services.matching import match
from trading.services.risk.monitor import watch
from webhooks.models import Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_market", "no_slippage")]

ALERTS = int(os.environ.get("PROOF_ALERTS", "1000"))


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(tom, account_of):
    """Two that can trade, and one that can afford nothing: its refusals are no mismatch."""
    return [
        account_of(tom, name=name, balance=balance) for name, balance in [("a", "10000"), ("b", "10000"), ("c", "1")]
    ]


@pytest.fixture
def bot(tom, accounts):
    bot = create_bot(owner=tom, name="BTC", symbol="BTCUSDT", config={"position_size": "0.1"})
    for account in accounts:
        connect_account(bot, account)
    return change_status(bot.id, BotStatus.ACTIVE)


@pytest.fixture
def fired(bot, clock):
    """Let an alert of the strategy arrive and be traded; return its signal: `fired("flat", "long")`."""
    count = 0

    def arrive(before, after, *, at=None, **fields):
        nonlocal count
        count += 1
        clock.now += timedelta(seconds=1)
        buys = after == "long" or (after == "flat" and before == "short")
        body = {
            "symbol": "BTCUSDT",
            "side": "buy" if buys else "sell",
            "prev_market_position": before,
            "market_position": after,
            "timenow": (at or clock.now).isoformat(),
            "alert_id": str(count),
            **fields,
        }
        sender = Sender(bot, Proof.URL_KEY, ())
        stored = take(json.dumps(body).encode(), sender=sender, origin=Origin(None, ""), now=clock.now)
        work_inbox(bot.id, clock=clock)
        return Signal.objects.get(pk=stored.correlation_id)

    return arrive


def holds(account):
    return Position.objects.open().filter(account=account).values_list("side", flat=True).first() or "flat"


def standing():
    return list(RiskAlert.objects.standing().values_list("limit_type", "symbol"))


class TestOneByOne:
    def test_a_clean_sequence_is_not_flagged(self, fired):
        said = [fired("flat", "long"), fired("long", "short"), fired("short", "flat"), fired("flat", "short")]
        assert [signal.mismatch for signal in said] == [""] * 4
        assert (said[1].position_before, said[1].position_after) == ("long", "short")
        assert standing() == []

    def test_a_lost_alert_is_flagged_by_the_next_one_and_the_one_after_it_clears(self, fired, bot, clock):
        fired("flat", "long")
        found = fired("flat", "short")
        watch(clock=clock)
        assert found.mismatch == "SEQUENCE_BROKEN"
        assert "strategy was flat; the alert before it said long" in found.mismatch_reason
        assert standing() == [("bot_position", "BTCUSDT")]
        assert RiskAlert.objects.get().scope_id == bot.id
        fired("short", "flat")
        assert standing() == []

    def test_it_is_raised_once_while_it_lasts(self, fired):
        fired("flat", "long")
        fired("flat", "short")
        fired("long", "flat")
        assert RiskAlert.objects.count() == 1

    def test_a_doubled_alert_is_flagged(self, fired):
        fired("flat", "long")
        assert fired("flat", "long").mismatch == "SEQUENCE_BROKEN"

    def test_an_alert_that_grew_the_position_and_was_lost_is_flagged_by_its_size(self, fired):
        fired("flat", "long", market_position_size="1", prev_market_position_size="0")
        found = fired("long", "flat", market_position_size="0", prev_market_position_size="2")
        assert (found.mismatch, found.size_before, found.size_after) == ("SEQUENCE_BROKEN", 2, 0)

    def test_an_alert_that_was_fired_before_one_that_came_earlier_is_flagged(self, fired, clock):
        fired("long", "flat", at=clock.now + timedelta(seconds=1))
        assert fired("flat", "long", at=clock.now - timedelta(seconds=5)).mismatch == "OUT_OF_ORDER"

    def test_a_bot_that_joins_in_the_middle_holds_something_else(self, fired):
        found = fired("long", "flat")
        assert (found.mismatch, found.mismatch_reason) == (
            "POSITION_DIFFERS",
            "The strategy was long before this alert; 3 of 3 accounts hold something else.",
        )

    def test_an_exit_of_ours_is_no_mismatch(self, fired, clock, btcusdt):
        fired("flat", "long", stop_loss="49000")
        clock.now += timedelta(seconds=1)
        match([PriceRange.of(btcusdt, [Quote(btcusdt.id, *[Decimal(48900)] * 3, clock.now)])], clock=clock)
        assert not Position.objects.open().exists()
        assert fired("long", "short").mismatch == ""

    @pytest.mark.parametrize("config", [{"allow_shorts": False}, {"on_opposite": "close"}, {"on_opposite": "ignore"}])
    def test_what_a_setting_of_the_bot_leads_to_is_no_mismatch(self, fired, bot, config):
        Bot.objects.update(config={**bot.config, **config})
        said = [fired("flat", "long"), fired("long", "short"), fired("short", "flat"), fired("flat", "long")]
        assert [signal.mismatch for signal in said] == [""] * 4

    def test_a_position_that_somebody_else_closed_or_made_is_one(self, fired, bot, accounts):
        fired("flat", "long")
        Position.objects.open().filter(account=accounts[0]).update(side="short")
        assert fired("long", "flat").mismatch == "POSITION_DIFFERS"

    def test_alerts_that_say_no_position_are_not_looked_at(self, fired):
        fired("flat", "long")
        assert (fired(None, None, side="buy").mismatch, standing()) == ("", [])

    def test_one_that_came_too_late_to_be_traded_tells_of_the_past(self, fired, clock):
        fired("flat", "long")
        fired("flat", "short")
        late = fired("long", "flat", at=clock.now - timedelta(minutes=2))
        assert (late.code, late.mismatch) == ("STALE_ALERT", "OUT_OF_ORDER")
        assert fired("short", "flat").mismatch == ""

    def test_one_fired_in_the_future_makes_none_after_it_late(self, fired, clock):
        assert fired("flat", "long", at=clock.now + timedelta(hours=1)).code == "FIRED_IN_FUTURE"
        assert fired("long", "flat").mismatch == ""

    def test_of_two_that_came_in_one_moment_the_one_handled_last_counts(self, fired):
        first, second = fired("flat", "long"), fired("long", "flat")
        Signal.objects.filter(pk=second.pk).update(received_at=first.received_at - timedelta(milliseconds=1))
        assert fired("flat", "short").mismatch == ""

    def test_what_is_held_is_not_compared_while_the_alert_before_is_traded(self, fired):
        fired("flat", "long")
        Signal.objects.update(finished_at=None)
        assert fired("long", "flat").mismatch == ""

    def test_what_a_paused_bot_heard_counts(self, fired, bot):
        fired("flat", "long")
        change_status(bot.id, BotStatus.PAUSED)
        fired("long", "short")
        change_status(bot.id, BotStatus.ACTIVE)
        assert fired("short", "flat").mismatch == ""


class TestFollowing:
    @pytest.fixture(autouse=True)
    def follows(self, bot):
        Bot.objects.update(config={**bot.config, "follow_target": True, "on_opposite": "ignore", "pyramiding": True})

    @pytest.mark.parametrize(("before", "after"), [("short", "flat"), ("flat", "short"), ("short", "long")])
    def test_a_mismatch_is_repaired_to_where_the_strategy_stands(self, fired, accounts, before, after):
        fired("flat", "long")
        assert fired(before, after).mismatch == "SEQUENCE_BROKEN"
        assert {holds(account) for account in accounts[:2]} == {after}
        assert set(Position.objects.open().values_list("size", flat=True)) <= {Decimal("0.1")}

    def test_an_older_alert_undoes_nothing(self, fired, clock, accounts):
        fired("long", "short", at=clock.now + timedelta(seconds=1))
        late = fired("flat", "long", at=clock.now - timedelta(seconds=5))
        assert (late.status, late.code, holds(accounts[0])) == ("rejected", "OUT_OF_ORDER", "short")
        assert fired("short", "flat").mismatch == ""


def strategy(alerts, luck):
    """The alerts of a strategy: from where to where, and their number."""
    stands, told = "flat", []
    for _ in range(alerts):
        goes = luck.choice([place for place in ("long", "short", "flat") if place != stands])
        told.append((stands, goes))
        stands = goes
    return told


def disturbed(told, luck):
    """Drop, double and swap one alert in twenty each."""
    arriving = []
    for alert in told:
        arriving += [alert] * luck.choices([0, 1, 2], [5, 90, 5])[0]
    for place in range(len(arriving) - 1):
        if luck.random() < 0.05:
            arriving[place], arriving[place + 1] = arriving[place + 1], arriving[place]
    return arriving


def drive(fired, arriving, accounts):
    """Return, of each alert, whether we held something else than it says, and whether it was flagged."""
    seen = []
    for before, after in arriving:
        differs = any(holds(account) != before for account in accounts[:2])
        seen.append((differs, bool(fired(before, after).mismatch)))
    return seen


def check_disturbed(fired, accounts, alerts, seed):
    luck = random.Random(seed)
    seen = drive(fired, disturbed(strategy(alerts, luck), luck), accounts)
    assert (True, False) not in seen
    assert seen.count((True, True)) > alerts / 40


def check_clean(fired, accounts, alerts, seed):
    seen = drive(fired, strategy(alerts, random.Random(seed)), accounts)
    assert set(seen) == {(False, False)}


@pytest.mark.parametrize("seed", [1, 2])
def test_disturbed_alerts_are_flagged(fired, accounts, seed):
    check_disturbed(fired, accounts, 60, seed)


def test_clean_alerts_are_not(fired, accounts):
    check_clean(fired, accounts, 60, 3)


@pytest.mark.proof
@pytest.mark.parametrize("seed", [11, 12])
def test_many_disturbed_alerts_are_flagged(fired, accounts, seed):
    check_disturbed(fired, accounts, ALERTS, seed)


@pytest.mark.proof
def test_many_clean_alerts_are_not(fired, accounts):
    check_clean(fired, accounts, ALERTS, 13)
