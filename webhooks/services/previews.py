"""What an alert would do: read as the inbox reads it, decided as its bot decides, planned and not traded."""

from bots.models import Bot
from bots.services.alerts import wish_of
from bots.services.bots import valid_keys
from core.clock import Clock
from core.errors import AppError
from trading.services.preview import Preview, preview_signal
from webhooks.services.handling import asked_by
from webhooks.services.inbox import alert_of


def preview_alert(bot: Bot, raw: bytes, *, clock: Clock) -> Preview:
    """Return what the first delivery of these bytes to a bot would do, or why it would not be read or traded."""
    now, symbol, side = clock(), "", ""
    try:
        alert = alert_of(raw, secrets=tuple(valid_keys(bot, now=now)))
        symbol, side = alert.symbol, alert.side
        wish = wish_of(bot, asked_by(alert), received_at=now, now=now)
    except AppError as refused:
        return Preview(symbol, side, code=refused.code, reason=refused.message)
    return preview_signal(wish.account_ids, intent=wish.intent, instrument=wish.instrument, bot_id=bot.id, clock=clock)
