"""Whether an alert fits what came before: against the alert before it, and against what we hold.

An alert of a strategy says where the strategy stood before and stands now. Where it stood before is what the last one
said that it came to; else an alert was lost, doubled or came out of order. What single accounts hold may differ for
reasons of our own, a refusal, an exit of ours, a setting of the bot: these are no mismatch.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from bots.models import Bot
from market.models import Instrument
from trading.decisions import OnOpposite
from trading.models import OutcomeStatus, Position, PositionSaid, Signal, SignalStatus, WatchType
from trading.said import Said
from trading.services.risk.watches import Seen, clear_watch, raise_watch

FIRED_IN_FUTURE = "FIRED_IN_FUTURE"
OUT_OF_ORDER = "OUT_OF_ORDER"
SEQUENCE_BROKEN = "SEQUENCE_BROKEN"
POSITION_DIFFERS = "POSITION_DIFFERS"

# TradingView stops an alert after 15 in three minutes: more do not come within one moment.
MOST_AT_ONCE = 16

_NOT_YET = datetime.max.replace(tzinfo=UTC)

_FOLLOWED = (OutcomeStatus.FILLED, OutcomeStatus.SKIPPED)
# A bot's setting skipped it: what is held then is not what the strategy says.
_BY_SETTING = ("SHORTS_NOT_ALLOWED", "OPPOSITE_IGNORED")


def checked(said: Said, *, bot: Bot, instrument: Instrument, account_ids: Sequence[UUID]) -> Said:
    """Return what an alert says together with its mismatch, if there is one. Reads only."""
    if not said.position_after:
        return said
    last = _last(bot, instrument)
    if last and _came_late(said, last):
        return replace(said, mismatch=OUT_OF_ORDER, mismatch_reason="An alert that was fired later came before it.")
    if not said.position_before:
        return said
    if last and _breaks(said, last):
        return replace(said, mismatch=SEQUENCE_BROKEN, mismatch_reason=_broken(said, last))
    differing = _differing(said, last, bot=bot, instrument=instrument, account_ids=account_ids)
    if not differing:
        return said
    sentence = f"The strategy was {said.position_before} before this alert; "
    return replace(
        said,
        mismatch=POSITION_DIFFERS,
        mismatch_reason=f"{sentence}{differing} of {len(account_ids)} accounts hold something else.",
    )


def tell_of_mismatch(said: Said, *, bot: Bot, symbol: str, now: datetime) -> None:
    """Raise the alert of a mismatch, or clear it with one that fits. In the transaction that has locked the bot."""
    if said.mismatch:
        seen = Seen(f"{bot.name}, {symbol}: {said.mismatch_reason}", Decimal(1), Decimal(0))
        raise_watch(WatchType.POSITION_MISMATCH, bot.id, symbol=symbol, seen=seen, now=now)
    elif said.position_before:
        clear_watch(WatchType.POSITION_MISMATCH, bot.id, symbol=symbol, now=now)


def _last(bot: Bot, instrument: Instrument) -> Signal | None:
    """Return the bot's signal that said a position and was handled last. One refused for its order tells of the past.

    Of alerts that come within the same moment the one that came first is not always the one that is stored, and
    handled, first; what is not handled yet is the last of all.
    """
    told = Signal.objects.filter(bot_id=bot.id, symbol=instrument.symbol, retry_of=None).exclude(position_after="")
    of_the_past = Q(mismatch=OUT_OF_ORDER, status=SignalStatus.REJECTED)
    newest = told.exclude(of_the_past).order_by("-received_at", "-id")[:MOST_AT_ONCE]
    return max(newest, key=lambda signal: signal.finished_at or _NOT_YET, default=None)


def _came_late(said: Said, last: Signal) -> bool:
    """Say whether the last alert was fired after this one; the moment of one fired in the future is no good."""
    if not (said.fired_at and last.fired_at) or last.code == FIRED_IN_FUTURE:
        return False
    return said.fired_at < last.fired_at


def _breaks(said: Said, last: Signal) -> bool:
    if said.position_before != last.position_after:
        return True
    sizes = said.size_before, last.size_after
    return said.position_before != PositionSaid.FLAT and None not in sizes and sizes[0] != sizes[1]


def _broken(said: Said, last: Signal) -> str:
    before, after = _stood(said.position_before, said.size_before), _stood(last.position_after, last.size_after)
    return (
        f"Before this alert the strategy was {before}; the alert before it said {after}: "
        "one was lost, doubled or came out of order."
    )


def _stood(position: str, size: Decimal | None) -> str:
    return f"{position} {size.normalize():f}" if size and position != PositionSaid.FLAT else position


def _differing(
    said: Said, last: Signal | None, *, bot: Bot, instrument: Instrument, account_ids: Sequence[UUID]
) -> int:
    """Return on how many accounts we hold something else for no reason of our own; none while `last` is traded."""
    if last is not None and last.finished_at is None:
        return 0
    followed = set(account_ids) if last is None else _followed(last)
    watched = [pk for pk in account_ids if pk in followed]
    positions = Position.objects.filter(instrument=instrument, account__in=watched)
    held = dict(positions.open().values_list("account", "side"))
    left = set(positions.filter(closed_at__gt=last.finished_at).values_list("account", flat=True)) if last else set()
    found = {pk: held.get(pk, PositionSaid.FLAT) for pk in watched}
    return sum(
        1
        for pk, holds in found.items()
        if holds != said.position_before
        and not (holds == PositionSaid.FLAT and pk in left)
        and not _is_set_so(said.position_before, holds, bot)
    )


def _followed(last: Signal) -> set[UUID]:
    """Return the accounts that did as the last signal said, or had nothing to do."""
    outcomes = last.outcomes.filter(status__in=_FOLLOWED).exclude(code__in=_BY_SETTING)
    return set(outcomes.values_list("account", flat=True))


def _is_set_so(said: str, holds: str, bot: Bot) -> bool:
    """Say whether the bot's settings alone may have led to what is held."""
    rules = bot.settings.rules
    if rules.on_opposite is OnOpposite.IGNORE:
        return True
    is_flat = holds == PositionSaid.FLAT
    return is_flat and (
        rules.on_opposite is OnOpposite.CLOSE or (said == PositionSaid.SHORT and not rules.allow_shorts)
    )
