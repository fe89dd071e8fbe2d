"""What the actions on bots will do, in words, before they do it."""

from collections.abc import Callable, Iterator

from django.db.models import QuerySet

from bots.models import ALLOWED_CHANGES, Bot, BotStatus
from bots.selectors.accounts import accounts_of
from core.admin.confirming import Announcement, count_each, counted, lines_of
from trading.models import WORKING, Order, Position

ONE_KEY_AT_A_TIME = "Select one bot: its new key is shown once."

_MEANINGS = {
    BotStatus.ACTIVE: ("Start", "Their alerts, and what their strategies decide, are traded from now on."),
    BotStatus.PAUSED: ("Pause", "Their alerts are stored and refused; what they hold stays."),
    BotStatus.STOPPED: ("Stop", "Their alerts are stored and refused; what they hold stays."),
}


def change_to(status: BotStatus) -> Callable[[QuerySet[Bot]], Announcement]:
    """Return what announces a change of state: of the bots that can make it, and those that stay as they are."""
    verb, meaning = _MEANINGS[status]
    able = [state for state, next_ones in ALLOWED_CHANGES.items() if status in next_ones]

    def announce(bots: QuerySet[Bot]) -> Announcement:
        living = bots.filter(deleted_at=None)
        count, changing = living.count(), living.filter(status__in=able).count()
        sentence = f"{verb} {counted(changing, 'bot')}. {meaning}" if changing else f"No bot here can be {status}."
        return Announcement(sentence, lines_of(living, told, count=count), is_possible=changing > 0)

    def told(first: list[Bot]) -> Iterator[str]:
        for bot, accounts in zip(first, _accounts(first), strict=True):
            if bot.status not in able:
                yield f"{bot}: stays {bot.status}."
            else:
                yield f"{bot}: {bot.status} → {status}; it trades {bot.base_name} on {counted(accounts, 'account')}."

    return announce


def termination(bots: QuerySet[Bot]) -> Announcement:
    """Announce what terminating bots ends."""
    living = bots.filter(deleted_at=None)
    count = living.count()
    sentence = (
        f"Terminate {counted(count, 'bot')}: on their accounts, all orders in their coin are cancelled, "
        "all positions in it closed at the market. Their state stays: while one is active, its next alert trades."
    )
    return Announcement(sentence, lines_of(living, _going, count=count), is_possible=count > 0)


def new_key(bots: QuerySet[Bot]) -> Announcement:
    """Announce a new webhook key, of one bot."""
    living = list(bots.filter(deleted_at=None)[:2])
    if len(living) != 1:
        return Announcement(ONE_KEY_AT_A_TIME, is_possible=False)
    [bot] = living
    sentence = f"Give {bot} a new webhook key. It is shown once; the old one works ten minutes more."
    lines = ["Every alert of TradingView that carries the old one has to be changed by then."]
    return Announcement(sentence, lines, stands_on=bot.key_hash)


def _going(bots: list[Bot]) -> Iterator[str]:
    in_their_coins = [{"account__in": accounts_of(bot), "instrument__base": bot.base_name} for bot in bots]
    working = count_each(Order.objects.filter(status__in=WORKING, **each) for each in in_their_coins)
    held = count_each(Position.objects.open().filter(**each) for each in in_their_coins)
    for bot, orders, positions, accounts in zip(bots, working, held, _accounts(bots), strict=True):
        ending = f"{counted(orders, 'order')} cancelled, {counted(positions, 'position')} closed"
        yield f"{bot}: {ending} on {counted(accounts, 'account')}."


def _accounts(bots: list[Bot]) -> list[int]:
    return count_each(accounts_of(bot) for bot in bots)
