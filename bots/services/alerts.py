"""Turns what an alert or a strategy asks of a bot into a signal on its accounts, or into a refusal of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from bots.models import Bot, BotStatus
from bots.selectors.accounts import accounts_of
from bots.services.expected import FIRED_IN_FUTURE, OUT_OF_ORDER, checked, tell_of_mismatch
from core.errors import AppError
from market.models import Instrument
from market.selectors.instruments import find_instrument
from trading.decisions import IntentSide, OnOpposite, Rules
from trading.intents import Intent
from trading.models import PositionSaid, Signal, SignalSource
from trading.said import Said
from trading.services.signals import open_signal, refuse_signal
from trading.sizes import Distance, Size, format_distance, format_size

LARGEST_SKEW_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What an alert or a strategy asks for, in the desk's words. None where the bot's own setting decides.

    `is_target` brings every account to the side asked for, whatever it holds; the bot's settings for opposite signals
    and pyramiding are of alerts. With `resizes` an account that holds that side is brought to the size as well.
    """

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
    max_lag_seconds: int | None = None
    position_before: str = ""
    position_after: str = ""
    size_before: Decimal | None = None
    size_after: Decimal | None = None
    is_target: bool = False
    resizes: bool = False

    @property
    def said(self) -> Said:
        """What the alert says of its strategy's position; not compared with anything yet."""
        return Said(self.position_before, self.position_after, self.size_before, self.size_after, self.fired_at)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an alert comes to, once its bot has had its say."""

    instrument: Instrument
    intent: Intent
    account_ids: list[UUID]


# Where an alert's strategy stands now, and what brings every account there.
_TOWARDS = {
    PositionSaid.LONG: IntentSide.BUY,
    PositionSaid.SHORT: IntentSide.SELL,
    PositionSaid.FLAT: IntentSide.CLOSE,
}


class SignalRefused(AppError):
    """The whole signal makes no sense for this bot."""


def signal_from_alert(
    bot: Bot,
    asked: Asked,
    *,
    signal_id: UUID,
    received_at: datetime,
    now: datetime,
    source: SignalSource = SignalSource.ALERT,
) -> Signal:
    """Store the signal of what is asked, once: pending on every account of the bot, or refused with its code.

    The bot is locked and read as it stands: none is deleted, stopped or given other settings meanwhile.
    """
    with transaction.atomic():
        bot = Bot.objects.select_related("owner").select_for_update(no_key=True, of=("self",)).get(pk=bot.pk)
        stored = Signal.objects.filter(pk=signal_id).first()
        if stored is not None:
            return stored
        symbol, said = asked.symbol, asked.said
        try:
            instrument = _instrument(bot, asked)
            symbol, account_ids = instrument.symbol, _account_ids(bot)
            said = checked(said, bot=bot, instrument=instrument, account_ids=account_ids)
            tell_of_mismatch(said, bot=bot, symbol=symbol, now=now)
            intent = _intent_of(bot, asked, account_ids, said=said, received_at=received_at, now=now)
        except AppError as refused:
            return refuse_signal(
                signal_id=signal_id,
                source=source,
                code=refused.code,
                reason=refused.message,
                received_at=received_at,
                now=now,
                user_id=bot.owner_id,
                bot_id=bot.id,
                symbol=symbol,
                side=asked.side,
                size=format_size(asked.size) if asked.size else "",
                said=said,
            )
        return open_signal(
            signal_id=signal_id,
            source=source,
            intent=intent,
            instrument=instrument,
            account_ids=account_ids,
            received_at=received_at,
            user_id=bot.owner_id,
            bot_id=bot.id,
            said=said,
        )


def wish_of(bot: Bot, asked: Asked, *, received_at: datetime, now: datetime) -> Wish:
    """Return what an alert comes to for a bot; writes nothing. Raises AppError with the code of its refusal."""
    instrument, account_ids = _instrument(bot, asked), _account_ids(bot)
    said = checked(asked.said, bot=bot, instrument=instrument, account_ids=account_ids)
    intent = _intent_of(bot, asked, account_ids, said=said, received_at=received_at, now=now)
    return Wish(instrument, intent, account_ids)


def check_trades(bot: Bot) -> None:
    """Raise SignalRefused, BOT_NOT_ACTIVE or OWNER_MAY_NOT_TRADE, for a bot that trades nothing as it stands."""
    if bot.status != BotStatus.ACTIVE:
        raise SignalRefused(f"The bot is {bot.status}.", code="BOT_NOT_ACTIVE")
    if not (bot.owner.is_active and bot.owner.has_perm("trading.add_order")):
        raise SignalRefused("The bot's owner may not trade.", code="OWNER_MAY_NOT_TRADE")


def _intent_of(
    bot: Bot, asked: Asked, account_ids: list[UUID], *, said: Said, received_at: datetime, now: datetime
) -> Intent:
    """Return what every account is to do. Raises AppError with the code of the refusal of the whole."""
    _check(bot, asked, received_at=received_at, now=now)
    follows = bot.settings.follow_target and bool(said.mismatch)
    if follows and said.mismatch == OUT_OF_ORDER:
        raise SignalRefused("A later alert came before it, and the bot follows the newest.", code=OUT_OF_ORDER)
    if not account_ids:
        raise SignalRefused("The bot is connected to no account.", code="NO_ACCOUNTS")
    intent = _intent(bot, asked, account_ids)
    return _towards(said, intent) if follows else intent


def _account_ids(bot: Bot) -> list[UUID]:
    return list(accounts_of(bot).values_list("pk", flat=True))


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
    check_trades(bot)
    if not asked.do_trade:
        raise SignalRefused("The alert says not to trade.", code="DO_NOT_TRADE")
    if asked.order_type != "market":
        raise SignalRefused(f"{asked.order_type} orders are not traded by alerts.", code="ORDER_TYPE_UNSUPPORTED")
    settings = bot.settings
    max_lag = min(settings.max_lag, asked.max_lag_seconds or settings.max_lag)
    _check_age(asked.fired_at or received_at, received_at=received_at, max_lag=max_lag, now=now)
    sizes_itself = any(rule.size for rule in settings.account_sizes.values())
    if asked.side is not IntentSide.CLOSE and not (asked.size or settings.position_size or sizes_itself):
        raise SignalRefused("Neither the alert nor the bot says how much to trade.", code="NO_SIZE")


def _check_age(fired_at: datetime, *, received_at: datetime, max_lag: int, now: datetime) -> None:
    """What counts is the age at the moment of trading: an alert may have waited for a worker."""
    if (now - fired_at).total_seconds() > max_lag:
        raise SignalRefused(f"The alert is older than {max_lag} seconds.", code="STALE_ALERT")
    if (fired_at - received_at).total_seconds() > LARGEST_SKEW_SECONDS:
        raise SignalRefused("The alert says that it was fired later than it came.", code=FIRED_IN_FUTURE)


def _towards(said: Said, intent: Intent) -> Intent:
    """Return the intent that brings every account to where the strategy stands now, whatever it holds."""
    side = _TOWARDS[PositionSaid(said.position_after)]
    return replace(intent, side=side, closes_only="", rules=_to_target(intent.rules))


def _to_target(rules: Rules, *, resizes: bool = False) -> Rules:
    return replace(rules, on_opposite=OnOpposite.REVERSE, pyramiding=False, resizes=resizes)


def _intent(bot: Bot, asked: Asked, account_ids: Sequence[UUID]) -> Intent:
    settings, traded = bot.settings, set(account_ids)
    return Intent(
        side=asked.side,
        leverage=asked.leverage or settings.leverage,
        size=format_size(asked.size) if asked.size else settings.position_size,
        stop_loss=format_distance(asked.stop_loss) if asked.stop_loss else "",
        take_profit=format_distance(asked.take_profit) if asked.take_profit else "",
        closes_only=asked.closes_only,
        rules=_to_target(settings.rules, resizes=asked.resizes) if asked.is_target else settings.rules,
        account_sizes={pk: rule for pk, rule in settings.account_sizes.items() if pk in traded},
    )
