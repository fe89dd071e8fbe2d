"""What is wrong with a pasted alert, what it is read as, and what it would do. Nothing is sent or stored.

Every echo is of the text without its secrets: those of the bot, and all fields that are named like one.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from bots.models import Bot
from bots.services.alerts import wish_of
from bots.services.bots import valid_keys
from core.clock import Clock
from core.errors import AppError
from market.models import Instrument
from market.quotes import latest_quotes
from market.selectors.instruments import find_instrument
from trading.services.preview import Preview
from webhooks.linting.findings import Finding, error, info, warning
from webhooks.linting.placeholders import PLACEHOLDER, AlertType, Firing, filled, is_of_strategies, kind_of
from webhooks.linting.reading_rules import Message, check_reading
from webhooks.linting.text_rules import Pasted, check_text, find_json_fault
from webhooks.reading.alerts import Alert, Reason, Unreadable
from webhooks.reading.parsing import name_dialect
from webhooks.secrets import bot_of, find_secret, strike_out
from webhooks.services.handling import asked_by
from webhooks.services.inbox import alert_of
from webhooks.services.previews import preview_alert

UNKNOWN = "unknown"
# These say something of the bot: the message may be right.
_OF_THE_BOT = frozenset({"BOT_NOT_ACTIVE", "OWNER_MAY_NOT_TRADE", "NO_ACCOUNTS"})


@dataclass(frozen=True, slots=True)
class Lint:
    """`alert` is None where the message would not be read, `preview` where none was asked for or allowed."""

    dialect: str
    alert: Alert | None
    findings: list[Finding] = field(default_factory=list)
    preview: Preview | None = None


def lint_alert(text: str, *, alert_type: AlertType | None, bot: Bot | None, may_preview: bool, clock: Clock) -> Lint:
    """Return what is found in the message of an alert, its placeholders filled in as TradingView does.

    Who may not alert the bot (`may_preview`) learns neither what it would do nor whether a secret in the text is its.
    """
    now = clock()
    keys = tuple(valid_keys(bot, now=now)) if bot else ()
    alert_type = alert_type or _guessed_type(text)
    pasted = Pasted(text, _struck(text, keys), alert_type)
    firing = _firing(bot, now)
    message = _message(pasted, keys)
    findings = [*check_text(pasted), *_secret(text, keys if may_preview else ())]
    sent = message.text(firing).encode("utf-8", "surrogatepass")
    dialect = _dialect(_struck(message.text(firing), keys))
    try:
        alert = message.read(firing)
    except Unreadable as refused:
        return Lint(dialect, None, [*findings, *_unread(pasted, refused)])
    findings += check_reading(message, alert, firing)
    if bot is None:
        return Lint(dialect, alert, findings)
    findings += _other_bot(bot, sent)
    if may_preview:
        preview = preview_alert(bot, sent, clock=clock)
        return Lint(dialect, alert, [*findings, *_of_bot(preview.code, preview.reason)], preview)
    findings.append(info("NO_PREVIEW", "The bot is not yours to alert: what it would do is not shown."))
    return Lint(dialect, alert, [*findings, *_wish_refused(bot, alert, now)])


def _guessed_type(text: str) -> AlertType | None:
    names = PLACEHOLDER.findall(text)
    of_strategy = any(is_of_strategies(name) and kind_of(name) for name in names)
    return AlertType.STRATEGY if of_strategy else None


def _firing(bot: Bot | None, now: datetime) -> Firing:
    """Return an entry in the bot's market at its price of now; where it has none, in some market at some price."""
    instrument = _instrument(bot) if bot else None
    if instrument is None:
        return Firing(now)
    quote = latest_quotes([instrument], now=now).get(instrument.id)
    firing = Firing(now, ticker=instrument.symbol)
    return replace(firing, price=quote.ask) if quote else firing


def _instrument(bot: Bot) -> Instrument | None:
    for symbol in (bot.symbol, *bot.settings.allowed_symbols, f"{bot.base_name}USDT"):
        try:
            return find_instrument(symbol) if symbol else None
        except AppError:
            continue
    return None


def _message(pasted: Pasted, keys: tuple[str, ...]) -> Message:
    @lru_cache(maxsize=8)
    def text(firing: Firing) -> str:
        return filled(pasted.text, firing, alert_type=pasted.alert_type)

    def read(firing: Firing) -> Alert:
        return alert_of(text(firing).encode("utf-8", "surrogatepass"), secrets=keys)

    return Message(text, read, is_of_strategy=pasted.alert_type is AlertType.STRATEGY)


def _struck(text: str, keys: tuple[str, ...]) -> str:
    return strike_out(text.encode("utf-8", "surrogatepass"), keys).decode("utf-8", "surrogatepass")


def _dialect(text: str) -> str:
    try:
        return name_dialect(text.encode("utf-8", "surrogatepass"))
    except Unreadable:
        return UNKNOWN


def _unread(pasted: Pasted, refused: Unreadable) -> Iterator[Finding]:
    """Of JSON that is none the place in the pasted text is told, not that in the text that was filled in."""
    if refused.code != Reason.NOT_JSON or not pasted.is_json:
        yield error(refused.code, refused.message)
    elif fault := find_json_fault(pasted):
        yield fault
    else:
        yield error(refused.code, "Once its placeholders are filled in, the alert is not valid JSON any more.")


def _secret(text: str, keys: tuple[str, ...]) -> Iterator[Finding]:
    secret = find_secret(text.encode("utf-8", "surrogatepass"))
    if secret is None:
        said = "The message holds no secret: it proves its sender by the address with the key, or a relay's signature."
        yield info("NO_SECRET", said)
    elif keys:
        same = [hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), key.encode()) for key in keys]
        if not any(same):
            said = "The secret in the message is not the bot's key: only the address with the key lets it in."
            yield warning("WRONG_SECRET", said)
        elif not same[0]:
            yield warning("OLD_SECRET", "The key in the message was replaced, and works ten minutes only.")


def _other_bot(bot: Bot, sent: bytes) -> Iterator[Finding]:
    name, bot_id = bot_of(sent)
    if (name or bot.name) != bot.name or (bot_id or str(bot.id)).lower() not in (str(bot.id), bot.id.hex):
        yield warning("OTHER_BOT", f"The message names another bot; whose key it comes by decides: {bot.name} trades.")


def _of_bot(code: str, reason: str) -> Iterator[Finding]:
    if code:
        yield (warning if code in _OF_THE_BOT else error)(code, reason)


def _wish_refused(bot: Bot, alert: Alert, now: datetime) -> Iterator[Finding]:
    try:
        wish_of(bot, asked_by(alert), received_at=now, now=now)
    except AppError as refused:
        yield from _of_bot(refused.code, refused.message)
