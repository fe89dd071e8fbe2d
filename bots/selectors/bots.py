"""Finds bots, and the groups that may be connected to them, for who asks."""

from uuid import UUID

from accounts.models import User
from accounts.selectors.trading_accounts import SharedForReading
from bots.models import Bot
from core.errors import Missing
from groups.models import AccountGroup, GroupMember


def readable_bot(user: User, bot_id: UUID) -> Bot:
    """Return a living bot that `user` may read. Raises Missing."""
    bot = Bot.objects.living().visible_to(user).filter(pk=bot_id).first()
    if bot is None:
        raise Missing("There is no such bot.")
    return bot


def writable_bot(user: User, bot_id: UUID) -> Bot:
    """Return a living bot that `user` may change. Raises Missing, SharedForReading."""
    bot = readable_bot(user, bot_id)
    if not user.is_staff and bot.owner_id != user.id:
        raise SharedForReading
    return bot


def connectable_group(user: User, group_id: UUID) -> AccountGroup:
    """Return a group that `user` may connect: an admin any, others one whose members are all theirs. Raises Missing."""
    groups = AccountGroup.objects.all()
    if not user.is_staff:
        others = GroupMember.objects.exclude(account__owner=user).values("group")
        groups = groups.filter(members__account__owner=user).exclude(pk__in=others).distinct()
    group = groups.filter(pk=group_id).first()
    if group is None:
        raise Missing("There is no such group, or not all of its accounts are yours.")
    return group
