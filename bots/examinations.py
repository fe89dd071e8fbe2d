"""Examines bots' webhook keys: that each opens, and is the one that its bot is found by."""

from collections.abc import Iterator

from bots.models import Bot, BotStatus
from bots.services.bots import key_hash, webhook_key
from core.examinations import Finding, error, ok
from core.sealing import CannotOpen

MOST_BOTS = 1_000


def examine_keys() -> Iterator[Finding]:
    """Open the keys of the newest bots; an active bot without one hears of no alert."""
    bots = list(Bot.objects.living().order_by("-created_at")[:MOST_BOTS])
    keyless = [bot.name for bot in bots if not bot.sealed_key and bot.status == BotStatus.ACTIVE]
    closed = [bot.name for bot in bots if bot.sealed_key and not _opens(bot)]
    if keyless:
        advice = "Rotate the key of each: the console's action shows the new one."
        yield error(f"{len(keyless)} active bot(s) have no webhook key: {_some(keyless)}.", advice)
    if closed:
        yield error(
            f"The webhook keys of {len(closed)} bot(s) do not open with FIELD_ENCRYPTION_KEYS: {_some(closed)}.",
            "Put the old secrets back from a backup; where they are lost, rotate the key of each of these bots.",
        )
    if not keyless and not closed:
        yield ok(f"The webhook keys of {len(bots)} bot(s) open.")


def _opens(bot: Bot) -> bool:
    try:
        return key_hash(webhook_key(bot)) == bot.key_hash
    except CannotOpen:
        return False


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
