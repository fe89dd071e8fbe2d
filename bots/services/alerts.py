"""Turns what an alert asks of a bot into a signal on the bot's accounts, or into a refusal of the whole signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bots.models import Bot, BotStatus
from bots.selectors.accounts import accounts_of
from core.errors import AppError
from market.models import Instrument
from market.selectors.instruments import find_instrument
from trading.decisions import IntentSide
from trading.intents import Intent
from trading.models import Signal, SignalSource
from trading.services.signals import open_signal, refuse_signal
from trading.sizes import Distance, Size, format_distance, format_size

LARGEST_SKEW_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What an alert asks for, in the desk's words. None where the bot's own setting decides."""

    side: IntentSide
    symbol: str
    size: Size | None = None
    leverage: int | None = None
    stop_loss: Distance | None = None
    take_profit: Distance | None = None
    order_type: str = "market"
    closes_only: str = ""
    do_trade: bool = True
    fired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What an alert comes to, once its bot has had its say."""

    instrument: Instrument
    intent: Intent
    account_ids: list[UUID]


class SignalRefused(AppError):
    """The whole signal makes no sense for this bot."""


def signal_from_alert(bot: Bot, asked: Asked, *, signal_id: UUID, received_at: datetime, now: datetime) -> Signal:
    """Store the signal of an alert, once: pending on every account of the bot, or refused with its code.

    The bot is locked and read as it stands: none is deleted, stopped or given other settings meanwhile.
    """
    with transaction.atomic():
        bot = Bot.objects.select_related("owner").select_for_update(no_key=True, of=("self",)).get(pk=bot.pk)
        stored = Signal.objects.filter(pk=signal_id).first()
        if stored is not None:
            return stored
        try:
            wish = wish_of(bot, asked, received_at=received_at, now=now)
        except AppError as refused:
            return refuse_signal(
                signal_id=signal_id,
                source=SignalSource.ALERT,
                code=refused.code,
                reason=refused.message,
                received_at=received_at,
                user_id=bot.owner_id,
                bot_id=bot.id,
                symbol=asked.symbol,
                side=asked.side,
                size=format_size(asked.size) if asked.size else "",
            )
        return open_signal(
            signal_id=signal_id,
            source=SignalSource.ALERT,
            intent=wish.intent,
            instrument=wish.instrument,
            account_ids=wish.account_ids,
            received_at=received_at,
            user_id=bot.owner_id,
            bot_id=bot.id,
        )


def wish_of(bot: Bot, asked: Asked, *, received_at: datetime, now: datetime) -> Wish:
    """Return what an alert comes to for a bot; writes nothing. Raises AppError with the code of its refusal."""
    instrument = _instrument(bot, asked)
    _check(bot, asked, received_at=received_at, now=now)
    account_ids = list(accounts_of(bot).values_list("pk", flat=True))
    if not account_ids:
        raise SignalRefused("The bot is connected to no account.", code="NO_ACCOUNTS")
    return Wish(instrument, _intent(bot, asked, account_ids), account_ids)


def _instrument(bot: Bot, asked: Asked) -> Instrument:
    instrument = find_instrument(asked.symbol)
    if instrument.base != bot.base_name:
        raise SignalRefused(
            f"The bot trades {bot.base_name}; {instrument.symbol} is {instrument.base}.", code="SYMBOL_NOT_ALLOWED"
        )
    allowed = bot.settings.allowed_symbols
    if allowed and instrument.symbol not in allowed:
        sentence = f"The bot trades {', '.join(allowed)}; the alert names {instrument.symbol}."
        raise SignalRefused(sentence, code="SYMBOL_NOT_ALLOWED")
    return instrument


def _check(bot: Bot, asked: Asked, *, received_at: datetime, now: datetime) -> None:
    if bot.status != BotStatus.ACTIVE:
        raise SignalRefused(f"The bot is {bot.status}.", code="BOT_NOT_ACTIVE")
    if not (bot.owner.is_active and bot.owner.has_perm("trading.add_order")):
        raise SignalRefused("The bot's owner may not trade.", code="OWNER_MAY_NOT_TRADE")
    if not asked.do_trade:
        raise SignalRefused("The alert says not to trade.", code="DO_NOT_TRADE")
    if asked.order_type != "market":
        raise SignalRefused(f"{asked.order_type} orders are not traded by alerts.", code="ORDER_TYPE_UNSUPPORTED")
    settings = bot.settings
    _check_age(asked.fired_at or received_at, received_at=received_at, max_lag=settings.max_lag, now=now)
    sizes_itself = any(rule.size for rule in settings.account_sizes.values())
    if asked.side is not IntentSide.CLOSE and not (asked.size or settings.position_size or sizes_itself):
        raise SignalRefused("Neither the alert nor the bot says how much to trade.", code="NO_SIZE")


def _check_age(fired_at: datetime, *, received_at: datetime, max_lag: int, now: datetime) -> None:
    """What counts is the age at the moment of trading: an alert may have waited for a worker."""
    if (now - fired_at).total_seconds() > max_lag:
        raise SignalRefused(f"The alert is older than {max_lag} seconds.", code="STALE_ALERT")
    if (fired_at - received_at).total_seconds() > LARGEST_SKEW_SECONDS:
        raise SignalRefused("The alert says that it was fired later than it came.", code="FIRED_IN_FUTURE")


def _intent(bot: Bot, asked: Asked, account_ids: Sequence[UUID]) -> Intent:
    settings, traded = bot.settings, set(account_ids)
    return Intent(
        side=asked.side,
        leverage=asked.leverage or settings.leverage,
        size=format_size(asked.size) if asked.size else settings.position_size,
        stop_loss=format_distance(asked.stop_loss) if asked.stop_loss else "",
        take_profit=format_distance(asked.take_profit) if asked.take_profit else "",
        closes_only=asked.closes_only,
        rules=settings.rules,
        account_sizes={pk: rule for pk, rule in settings.account_sizes.items() if pk in traded},
    )
