"""Writes what bots decided: once a candle, with its signal in the same transaction, and goes through with the signal.

A kill before the commit leaves nothing, and the next round decides the same of the same candles; after it the row
stands, and whoever finds it unsettled takes its signal further down the road, which trades each account once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef

from bots.models import Bot, BotDecision
from bots.selectors.decisions import decides_now, oldest_unsettled
from bots.services.alerts import Asked, signal_from_alert
from bots.targets import Standing, resizes, side_of, size_of
from core.clock import Clock
from core.leases import Attempt, release
from market.intervals import Interval
from trading.models import SignalSource, SignalStatus, WatchType
from trading.services.risk.watches import Seen, clear_watches, raise_watch
from trading.services.signals import give_up, run_signal
from trading.sizes import parse_distance, parse_size

# A bot on minutes decides half a million times a year.
KEPT = timedelta(days=30)


def keep_quiet_decisions(rows: Sequence[BotDecision], *, now: datetime) -> None:
    """Write decisions of which none sends a signal, of all bots in two statements; those that stand already stay."""
    BotDecision.objects.bulk_create(rows, ignore_conflicts=True)
    clear_watches(WatchType.DECISION, {row.bot_id for row in rows}, now=now)


def keep_failed_decision(seen: Bot, rows: Sequence[BotDecision], *, now: datetime) -> None:
    """Write that the last of these candles could not be decided on, and raise the alert that says why."""
    failed = rows[-1]
    with transaction.atomic():
        bot = _locked(seen)
        if bot is None or _is_decided(failed):
            return
        BotDecision.objects.bulk_create(rows, ignore_conflicts=True)
        message = f"{bot.name} could not decide on {bot.symbol} {bot.timeframe} of {_told(failed)}: {failed.reason}"
        told = Seen(message, Decimal(1), Decimal(0))
        raise_watch(WatchType.DECISION, bot.id, symbol=bot.symbol, seen=told, now=now)


def send_decision(seen: Bot, rows: Sequence[BotDecision], *, standing: Standing, now: datetime) -> bool:
    """Write the last of these decisions with its signal, those before it as they are; return whether it was written.

    `standing` is what the bot stood by before. Nothing is written where another worker was first, or where the bot is
    not any more as it was `seen`: the next round sees it.
    """
    made = rows[-1]
    assert made.target is not None
    with transaction.atomic():
        bot = _locked(seen)
        if bot is None or _is_decided(made):
            return False
        signal = signal_from_alert(
            bot,
            _asked(bot, made.target, standing=standing, closed_at=closed_at(made)),
            signal_id=signal_id_of(made),
            received_at=now,
            now=now,
            source=SignalSource.STRATEGY,
        )
        made.signal, made.code, made.reason = signal, signal.code, signal.reason
        made.settled_at = now if signal.status == SignalStatus.REJECTED else None
        BotDecision.objects.bulk_create(rows[:-1], ignore_conflicts=True)
        made.save(force_insert=True)
        clear_watches(WatchType.DECISION, [bot.pk], now=now)
    return True


def settle_decisions(bot_id: UUID, *, clock: Clock) -> int:
    """Take the signals of a bot's decisions down the road, the oldest first; return how many are through.

    Another worker at it means none. Running it twice, or after a crash, doubles nothing.
    """
    settled = 0
    while (attempt := _claim(bot_id, clock=clock)) is not None:
        if not attempt.carry_through(partial(_settle, attempt), give_up=partial(_give_up, attempt)):
            break
        settled += 1
    return settled


def forget_decisions(*, now: datetime) -> int:
    """Delete decisions that sent nothing and are older than KEPT; return how many. The newest that is made stays."""
    later = BotDecision.objects.filter(bot=OuterRef("bot"), is_made=True, pk__gt=OuterRef("pk"))
    old = BotDecision.objects.filter(Exists(later), signal=None, decided_at__lt=now - KEPT)
    return old.delete()[0]


def release_decisions() -> int:
    """Free what workers hold; return how many. For the start of a desk that is the only process there is."""
    return release(BotDecision.objects.filter(settled_at=None))


def signal_id_of(decision: BotDecision) -> UUID:
    """Return the id of a decision's signal, the same whoever decides and however often."""
    return uuid5(decision.bot_id, f"{decision.interval} {decision.opened_at.astimezone(UTC).isoformat()}")


def closed_at(decision: BotDecision) -> datetime:
    """Return when the candle of a decision closed."""
    return decision.opened_at + timedelta(seconds=Interval(decision.interval).seconds)


def _asked(bot: Bot, target: float, *, standing: Standing, closed_at: datetime) -> Asked:
    settings = bot.settings
    whole = parse_size(settings.position_size) if settings.position_size else None
    stop_loss, take_profit = settings.stop_loss if target else "", settings.take_profit if target else ""
    return Asked(
        side=side_of(target),
        symbol=bot.symbol,
        size=size_of(whole, target) if whole and target else None,
        stop_loss=parse_distance(stop_loss) if stop_loss else None,
        take_profit=parse_distance(take_profit) if take_profit else None,
        fired_at=closed_at,
        is_target=True,
        resizes=resizes(target, standing),
    )


def _locked(seen: Bot) -> Bot | None:
    """Lock a bot and return it as it stands; None where it decides no more, or on other terms than it did."""
    bot = Bot.objects.select_related("strategy").select_for_update(no_key=True, of=("self",)).get(pk=seen.pk)
    return bot if decides_now(bot) and _terms(bot) == _terms(seen) else None


def _terms(bot: Bot) -> tuple[object, ...]:
    assert bot.strategy is not None
    return bot.symbol, bot.timeframe, bot.started_at, bot.strategy.pk, bot.strategy.rule, bot.strategy.parameters


def _is_decided(row: BotDecision) -> bool:
    return BotDecision.objects.filter(bot=row.bot_id, interval=row.interval, opened_at=row.opened_at).exists()


def _told(row: BotDecision) -> str:
    return f"{row.opened_at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _claim(bot_id: UUID, *, clock: Clock) -> Attempt[BotDecision] | None:
    """Take the bot's oldest unsettled decision, unless a worker holds it; the bot's row decides who is first."""
    with transaction.atomic():
        Bot.objects.select_for_update(no_key=True).get(pk=bot_id)
        oldest = oldest_unsettled(bot_id, now=clock())
        if oldest is None:
            return None
        unsettled = BotDecision.objects.filter(settled_at=None)
        return Attempt.begin(oldest, unfinished=unsettled, clock=clock, name=f"the signal {oldest.signal_id}")


def _settle(attempt: Attempt[BotDecision]) -> bool:
    """Trade one decision; return whether it is through."""
    signal = run_signal(_signal_of(attempt), clock=attempt.clock)
    if signal.status == SignalStatus.PROCESSING:
        return False
    attempt.end(settled_at=attempt.clock())
    return True


def _give_up(attempt: Attempt[BotDecision]) -> None:
    give_up(_signal_of(attempt), clock=attempt.clock)
    attempt.end(settled_at=attempt.clock(), code="INTERNAL", reason="The log holds why.")


def _signal_of(attempt: Attempt[BotDecision]) -> UUID:
    assert attempt.row.signal_id is not None
    return attempt.row.signal_id
