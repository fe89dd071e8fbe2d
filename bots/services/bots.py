"""Creates bots, changes them and their status, rotates their webhook keys."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.exchanges import check_exchange
from accounts.models import User
from accounts.models.trading_accounts import PAPER
from bots.config import BotConfig
from bots.models import ALLOWED_CHANGES, Bot, BotStatus
from bots.selectors.bots import BotMissing
from bots.services.in_use import check_nothing_under_way
from core.errors import Conflict, Invalid
from core.sealing import open_sealed, seal
from core.streams.outbox import emit
from market.intervals import Interval
from market.selectors.instruments import find_instrument
from market.symbols import UnknownSymbol
from strategies.selectors.strategies import readable_strategy
from strategies.services.strategies import locked_strategy
from trading.services.facts import bot_message

PREVIOUS_KEY_LIVES = timedelta(minutes=10)


class WrongState(Conflict):
    """The bot cannot go from its state to the one asked for."""

    code = "WRONG_STATE"


def create_bot(
    *,
    owner: User,
    name: str,
    symbol: str = "",
    base_name: str = "",
    exchange: str = PAPER,
    timeframe: Interval = Interval.H1,
    strategy_id: UUID | None = None,
    config: dict[str, Any] | None = None,
) -> Bot:
    """Create an inactive bot with a fresh webhook key. Needs a symbol or a base coin.

    Raises Invalid for settings that make no sense, for an unknown symbol or venue, StrategyMissing for a strategy that
    its owner may not read.
    """
    BotConfig.from_json(config or {})
    check_exchange(exchange)
    symbol, base = _symbol_and_base(symbol, base_name)
    config = _with_known_symbols(config or {}, base)
    bot = Bot(
        owner=owner,
        name=name,
        symbol=symbol,
        base_name=base,
        exchange=exchange,
        timeframe=timeframe,
        strategy_id=strategy_id,
        config=config,
    )
    _give_key(bot)
    with transaction.atomic():
        _lock_strategy(owner, strategy_id)
        bot.save()
    return bot


def change_bot(bot_id: UUID, changes: Mapping[str, Any], *, now: datetime) -> Bot:
    """Write these fields of a bot, and tell its stream which; signals that are under way go on as they were stored.

    `config` is merged: its keys are set one by one, and null takes one away. A `symbol` is of the bot's own coin; a
    strategy's bot gets another one once nothing is open in its name, for the strategy would not close it any more.
    Raises Invalid for settings that make no sense, for an unknown symbol or venue, BotMissing where it is deleted,
    StrategyMissing for a strategy that its owner may not read, BotInUse.
    """
    with transaction.atomic():
        bot = locked_bot(bot_id)
        wanted = {name: value for name, value in changes.items() if name != "exchange"}
        check_exchange(changes.get("exchange", bot.exchange))
        _lock_strategy(bot.owner, changes.get("strategy_id"))
        if "symbol" in wanted:
            wanted["symbol"], _ = _symbol_and_base(wanted["symbol"], bot.base_name, doubted="symbol")
            if bot.strategy_id and wanted["symbol"] != bot.symbol:
                check_nothing_under_way(bot.pk)
        if "config" in wanted:
            wanted["config"] = _with_known_symbols(_merged(bot.config, wanted["config"]), bot.base_name)
        for name, value in wanted.items():
            setattr(bot, name, value)
        if wanted:
            bot.save(update_fields=list(wanted))
            _tell_of_change(bot, now=now, changed=sorted(wanted))
    return bot


def change_status(bot_id: UUID, status: BotStatus, *, now: datetime | None = None) -> Bot:
    """Move a bot to another state by the table of allowed changes, and tell its stream.

    Raises WrongState, BotMissing where it is deleted.
    """
    with transaction.atomic():
        bot = locked_bot(bot_id)
        if status not in ALLOWED_CHANGES[BotStatus(bot.status)]:
            raise WrongState(f"A bot that is {bot.status} cannot become {status}.")
        now = now or timezone.now()
        bot.status = status
        bot.started_at = now if status == BotStatus.ACTIVE else bot.started_at
        bot.save(update_fields=["status", "started_at"])
        _tell_of_change(bot, now=now)
    return bot


def rotate_key(bot_id: UUID, *, now: datetime) -> tuple[Bot, str]:
    """Give a bot a new webhook key and return it; the old one works ten minutes more. Raises BotMissing."""
    with transaction.atomic():
        bot = locked_bot(bot_id)
        bot.previous_sealed_key = seal(webhook_key(bot), belongs_to=_previous_key_of(bot))
        bot.previous_key_hash = bot.key_hash
        bot.previous_key_until = now + PREVIOUS_KEY_LIVES
        key = _give_key(bot)
        bot.save(
            update_fields=["sealed_key", "key_hash", "previous_sealed_key", "previous_key_hash", "previous_key_until"]
        )
    return bot, key


def locked_bot(bot_id: UUID) -> Bot:
    """Lock a living bot and return it as it stands. In the caller's transaction. Raises BotMissing."""
    bot = Bot.objects.living().select_for_update(no_key=True).filter(pk=bot_id).first()
    if bot is None:
        raise BotMissing
    return bot


def webhook_key(bot: Bot) -> str:
    """Return the bot's webhook key in the clear. For its owner and admins only."""
    return open_sealed(bot.sealed_key, belongs_to=_key_of(bot))


def valid_keys(bot: Bot, *, now: datetime) -> list[str]:
    """Return the keys that prove a sender now: the current one, and the previous while it lives."""
    keys = [webhook_key(bot)]
    if bot.previous_key_until and now < bot.previous_key_until:
        keys.append(open_sealed(bot.previous_sealed_key, belongs_to=_previous_key_of(bot)))
    return keys


def key_hash(key: str) -> str:
    """Return what a key is found by."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _tell_of_change(bot: Bot, *, now: datetime, **told: Any) -> None:
    fact = {"type": "BotChanged", "bot_id": str(bot.id), "status": str(bot.status), **told}
    emit([bot_message(bot.id, [fact], now=now)], now=now)


def _lock_strategy(owner: User, strategy_id: UUID | None) -> None:
    """Lock a strategy that the owner may read, so that nobody deletes it meanwhile. Raises StrategyMissing."""
    if strategy_id is not None:
        locked_strategy(readable_strategy(owner, strategy_id).pk)


def _merged(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with some of their keys set anew, those that are null taken away. Raises Invalid."""
    merged = {name: value for name, value in {**config, **changes}.items() if changes.get(name, value) is not None}
    BotConfig.from_json(merged)
    return merged


def _with_known_symbols(config: dict[str, Any], base: str) -> dict[str, Any]:
    """Return settings whose allowed symbols are spelt as the desk spells them. Raises Invalid for another coin's."""
    allowed = BotConfig.from_json(config).allowed_symbols
    if not allowed:
        return config
    try:
        found = [find_instrument(symbol) for symbol in allowed]
    except UnknownSymbol as error:
        raise Invalid(error.message, field="config.allowed_symbols") from error
    for instrument in found:
        if instrument.base != base:
            raise Invalid(f"{instrument.symbol} trades {instrument.base}, not {base}.", field="config.allowed_symbols")
    return {**config, "allowed_symbols": list(dict.fromkeys(instrument.symbol for instrument in found))}


def _symbol_and_base(symbol: str, base_name: str, *, doubted: str = "base_name") -> tuple[str, str]:
    """Return both, of either. Raises Invalid, where they do not go together naming the one that is `doubted`."""
    if not symbol and not base_name:
        raise Invalid("A bot needs a symbol or a base coin.", field="symbol")
    field = "symbol" if symbol else "base_name"
    try:
        instrument = find_instrument(symbol or f"{base_name}USDT")
    except UnknownSymbol as error:
        raise Invalid(error.message, field=field) from error
    if base_name and base_name.upper() != instrument.base:
        raise Invalid(f"{instrument.symbol} trades {instrument.base}, not {base_name}.", field=doubted)
    return instrument.symbol, instrument.base


def _give_key(bot: Bot) -> str:
    key = secrets.token_urlsafe(32)
    bot.sealed_key = seal(key, belongs_to=_key_of(bot))
    bot.key_hash = key_hash(key)
    return key


def _key_of(bot: Bot) -> str:
    return f"bot:{bot.id}:webhook_key"


def _previous_key_of(bot: Bot) -> str:
    return f"bot:{bot.id}:previous_webhook_key"
