"""A rule that wants what its candles say, and candles that say what a test wants."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from bots.models import Bot, BotDecision
from bots.services import deciding
from bots.services.decisions import settle_decisions
from conftest import NOW
from market.candles.series import CandleSeries, Floats
from market.intervals import Interval
from market.models import Instrument
from market.services.candles import store_candles
from strategies.rule import Rule

MINUTE = Interval.M1
STARTED = MINUTE.number_at(int(NOW.timestamp()))


def _told(candles: CandleSeries, *, fails_at: float = 9.0) -> Floats:
    if (candles.volume == fails_at).any():
        raise ZeroDivisionError("by nought")
    return candles.close - candles.open


TELLING = Rule(
    name="telling",
    title="What the candles say",
    description="The target is what the candle gained.",
    parameters={"fails_at": {"type": "number", "default": 9.0}},
    targets=_told,
    warm_up=lambda parameters: 0,
)


def minutes(targets: Iterable[float], *, first: int = STARTED, volume: float = 1.0) -> CandleSeries:
    """Return minutes from the number `first` on, each of which says its target."""
    told = np.array(list(targets), dtype=np.float64)
    numbers = first + np.arange(len(told))
    opened, closed = np.full(len(told), 100.0), 100.0 + told
    highs, lows = np.maximum(opened, closed), np.minimum(opened, closed)
    return CandleSeries(MINUTE, numbers * 60_000, opened, highs, lows, closed, np.full(len(told), volume))


def store_minutes(instrument: Instrument, targets: Iterable[float], *, first: int = STARTED, volume: float = 1) -> None:
    """Store minutes, the first of which is the first that a bot started at NOW decides on."""
    store_candles(instrument, minutes(targets, first=first, volume=volume), now=NOW)


def minute(number: float) -> datetime:
    """Return a second after the close of a minute, counted from 1 for the first that a bot decides on."""
    return datetime.fromtimestamp((STARTED + number) * 60 + 1, tz=NOW.tzinfo)


def decide_at(now: datetime) -> None:
    """Decide, and go through with it."""
    for bot_id in deciding.decide_closed_candles(clock=lambda: now):
        settle_decisions(bot_id, clock=lambda: now)


def decisions() -> list[tuple[float | None, str, str]]:
    """Return target, code and the side of the signal of each decision, the oldest first."""
    rows = BotDecision.objects.select_related("signal").order_by("opened_at")
    return [(row.target, row.code, row.signal.side if row.signal else "") for row in rows]


def start(bot: Bot, at: datetime = NOW, **changes: object) -> None:
    """Have a bot be active since a moment."""
    Bot.objects.filter(pk=bot.pk).update(status="active", started_at=at, **changes)
    bot.refresh_from_db()
