"""Finds bots, and the groups that may be connected to them, for who asks."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Value

from accounts.models import Role, Share, User
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


def readable_pairs(pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those pairs of a user and a bot whose user may read the bot now, as `visible_to` says: one statement."""
    users, bots = {user for user, _ in pairs}, {bot for _, bot in pairs}
    living = Bot.objects.living().filter(pk__in=bots).order_by()
    shares = Share.objects.filter(user__in=users, scope_type=Share.Scope.BOT, scope_id__in=bots).order_by()
    staff = User.objects.filter(pk__in=users, role=Role.ADMIN).order_by()
    rows = list(
        living.values_list(Value("bot"), "owner", "pk").union(
            shares.values_list(Value("share"), "user", "scope_id"),
            staff.values_list(Value("admin"), "pk", F("pk")),  # a union's rows are of one width
            all=True,
        )
    )
    alive = {bot for kind, _, bot in rows if kind == "bot"}
    admins = {user for kind, user, _ in rows if kind == "admin"}
    granted = {(user, bot) for _, user, bot in rows}
    return {(user, bot) for user, bot in pairs if bot in alive and (user in admins or (user, bot) in granted)}


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
