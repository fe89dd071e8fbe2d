"""Finds bots, and the groups that may be connected to them, for who asks."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Value

from accounts import rights
from accounts.models import Role, Share, User
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
    # Said again beside BotQuerySet, which answers for one user: asked for many it would be a statement for each.
    # A test holds the two together, for every role.
    users, bots = {user for user, _ in pairs}, {bot for _, bot in pairs}
    living = Bot.objects.living().filter(pk__in=bots).order_by()
    shares = Share.objects.filter(user__in=users, scope_type=Share.Scope.BOT, scope_id__in=bots).order_by()
    readers = User.objects.get_queryset().holding(TO_READ).filter(pk__in=users, is_active=True).order_by()
    rows = list(
        living.values_list(Value("bot"), "owner", "pk").union(
            shares.values_list(Value("share"), "user", "scope_id"),
            readers.values_list(Value("reader"), "pk", F("pk")),  # a union's rows are of one width
            readers.filter(role=Role.ADMIN).values_list(Value("admin"), "pk", F("pk")),
            all=True,
        )
    )
    alive = {bot for kind, _, bot in rows if kind == "bot"}
    readers_now = {user for kind, user, _ in rows if kind == "reader"}
    admins = {user for kind, user, _ in rows if kind == "admin"}
    granted = {(user, bot) for _, user, bot in rows}
    return {
        (user, bot)
        for user, bot in pairs
        if bot in alive and user in readers_now and (user in admins or (user, bot) in granted)
    }


def connectable_group(user: User, group_id: UUID) -> AccountGroup:
    """Return a group that `user` may connect: an admin any, others one whose members are all theirs. Raises Missing."""
    group = AccountGroup.objects.all().connectable_by(user).filter(pk=group_id).first()
    if group is None:
        raise Missing("There is no such group, or not all of its accounts are yours.")
    return group
