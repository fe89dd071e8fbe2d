"""Asks that nothing is open or under way in a bot's name, of what would leave it behind."""

from uuid import UUID

from core.errors import Conflict
from trading.selectors.in_the_name import under_way_for


class BotInUse(Conflict):
    """The bot holds positions, or something is under way in its name."""

    code = "BOT_IN_USE"


def check_nothing_under_way(bot_id: UUID) -> None:
    """Raise BotInUse while a bot holds positions, waits for orders or has a signal handled. The bot is locked."""
    found = under_way_for(bot_id)
    if found.anything:
        raise BotInUse(
            f"The bot has {found.positions} open position(s), {found.orders} order(s) and {found.signals} signal(s) "
            "that are not over."
        )
