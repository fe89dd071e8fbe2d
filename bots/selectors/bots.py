"""Finds bots, and the groups that may be connected to them, for who asks."""

from collections.abc import Collection
from uuid import UUID

from accounts import rights
from accounts.models import Share, User
from accounts.selectors import readers
from bots.models import Bot
from core.errors import Missing
from groups.models import AccountGroup

TO_READ = "bots.view_bot"


class BotMissing(Missing):
    """No such bot, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such bot.")


def readable_bot(user: User, bot_id: UUID) -> Bot:
    """Return a living bot that `user` may read. Raises BotMissing."""
    return rights.readable(Bot.objects.living(), user, bot_id, missing=BotMissing())


def writable_bot(user: User, bot_id: UUID) -> Bot:
    """Return a living bot that `user` may change. Raises BotMissing, SharedForReading."""
    return rights.writable(Bot.objects.living(), user, bot_id, missing=BotMissing())


def readable_pairs(pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those pairs of a user and a bot that `has_perm(TO_READ, bot)` is true of now, in one statement."""
    living, bot = Bot.objects.living(), Share.Scope.BOT
    return readers.readable_pairs(pairs, living=living, shared_as=bot, permissions=(TO_READ,))


def connectable_group(user: User, group_id: UUID) -> AccountGroup:
    """Return a group that `user` may connect: an admin any, others one whose members are all theirs. Raises Missing."""
    group = AccountGroup.objects.all().connectable_by(user).filter(pk=group_id).first()
    if group is None:
        raise Missing("There is no such group, or not all of its accounts are yours.")
    return group
