"""Which bots decide by a strategy."""

from uuid import UUID

from bots.models import Bot


def bots_on_strategy(strategy_id: UUID) -> str:
    """Return in words how many living bots a strategy decides for, nothing where none."""
    count = Bot.objects.living().filter(strategy=strategy_id).count()
    return f"{count} bot{'s' if count > 1 else ''}" if count else ""
