"""Connects bots to accounts and groups; one account and one base coin belong to one bot.

Rows are locked in one order: groups, accounts, bots, each by id, then connections. What a bot covers is computed under
its own lock.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import TradingAccount
from accounts.selectors.trading_accounts import AccountMissing
from bots.models import Bot, BotConnection
from bots.selectors.accounts import accounts_of
from bots.services.bots import locked_bot
from core.errors import Conflict, Missing
from groups.models import AccountGroup, GroupMember
from groups.selectors.groups import GroupMissing
from trading.models import AccountScope, ScopeType
from trading.services.scopes import set_covered_accounts


class CoinTaken(Conflict):
    """Another bot trades this coin on this account already."""

    code = "COIN_TAKEN"


class NotTheOwners(Conflict):
    """A bot would trade accounts that are not its owner's."""

    code = "NOT_THE_OWNERS"


def connect_account(bot: Bot, account: TradingAccount) -> None:
    """Let a bot trade an account. Raises CoinTaken, NotTheOwners, Conflict where it is connected already, Missing."""
    with transaction.atomic():
        if not _connect(bot, accounts=[account.id]):
            raise Conflict(f"{bot.name} is connected to {account.name} already.")


def connect_group(bot: Bot, group: AccountGroup) -> None:
    """Let a bot trade all members of a group, those that join later too. Raises as connect_account does."""
    with transaction.atomic():
        if not _connect(bot, groups=[group.id]):
            raise Conflict(f"{bot.name} is connected to {group.name} already.")


def set_connections(bot: Bot, *, accounts: Collection[UUID], groups: Collection[UUID]) -> None:
    """Make a bot's connections exactly these. Raises CoinTaken, NotTheOwners, Missing."""
    with transaction.atomic():
        _lock(bot, accounts=accounts, groups=groups)
        standing = BotConnection.objects.filter(bot=bot)
        standing.exclude(account=None).exclude(account__in=accounts).delete()
        standing.exclude(group=None).exclude(group__in=groups).delete()
        _add(bot, accounts=accounts, groups=groups)


def disconnect_account(bot: Bot, account_id: UUID) -> None:
    """Stop a bot from trading an account that it was connected to alone. Raises Missing, BotMissing."""
    _disconnect(bot, account_id=account_id)


def disconnect_group(bot: Bot, group_id: UUID) -> None:
    """Stop a bot from trading a group. Raises Missing, BotMissing."""
    _disconnect(bot, group_id=group_id)


def leave_bots(account: TradingAccount) -> None:
    """Disconnect an account that is being closed from its bots. It is locked, so none is connected meanwhile."""
    BotConnection.objects.filter(account=account).delete()


def leave_group(group: AccountGroup) -> None:
    """Disconnect a group that is being deleted from its bots. It has no members any more."""
    BotConnection.objects.filter(group=group).delete()


def check_new_members(group: AccountGroup, account_ids: Sequence[UUID]) -> None:
    """Ask every bot of a group whether it may trade the new members. Raises CoinTaken, NotTheOwners."""
    for bot in _bots_of(group):
        _check_coin(bot, account_ids)
        _check_owner(bot, account_ids)


def follow_members(group: AccountGroup) -> None:
    """Keep what a group's bots cover in step with its members."""
    for bot in _bots_of(group):
        _cover(bot)


def _connect(bot: Bot, *, accounts: Collection[UUID] = (), groups: Collection[UUID] = ()) -> int:
    """Connect a bot to these and return to how many it was not before. Raises as `_lock` does."""
    _lock(bot, accounts=accounts, groups=groups)
    return _add(bot, accounts=accounts, groups=groups)


def _lock(bot: Bot, *, accounts: Collection[UUID], groups: Collection[UUID]) -> None:
    """Lock a bot and what it is to be connected to. Raises Missing for what is not living, CoinTaken, NotTheOwners."""
    locked = AccountGroup.objects.living().select_for_update(no_key=True).filter(pk__in=groups).order_by("pk")
    if not set(locked.values_list("pk", flat=True)).issuperset(groups):
        raise GroupMissing
    members = GroupMember.objects.filter(group__in=groups).values_list("account_id", flat=True)
    traded = {*accounts, *members}
    touched = {*traded, *accounts_of(bot).values_list("pk", flat=True)}
    living = set(TradingAccount.objects.living().locked().filter(pk__in=touched).values_list("pk", flat=True))
    if not living.issuperset(accounts):
        raise AccountMissing
    _check_coin(bot, traded, groups=groups)
    _check_owner(bot, traded)
    locked_bot(bot.pk)


def _add(bot: Bot, *, accounts: Collection[UUID], groups: Collection[UUID]) -> int:
    standing = set(BotConnection.objects.filter(bot=bot).values_list("account", "group"))
    wanted = {*((pk, None) for pk in accounts), *((None, pk) for pk in groups)} - standing
    BotConnection.objects.bulk_create([BotConnection(bot=bot, account_id=one, group_id=all_) for one, all_ in wanted])
    _cover(bot)
    return len(wanted)


def _disconnect(bot: Bot, **connection: UUID) -> None:
    with transaction.atomic():
        list(accounts_of(bot).locked().values_list("pk", flat=True))
        locked_bot(bot.pk)
        removed, _ = BotConnection.objects.filter(bot=bot, **connection).delete()
        if not removed:
            raise Missing("The bot is not connected to it.")
        _cover(bot)


def _bots_of(group: AccountGroup) -> list[Bot]:
    return list(Bot.objects.living().filter(connections__group=group).select_related("owner").order_by("pk"))


def _check_coin(bot: Bot, account_ids: Collection[UUID], *, groups: Collection[UUID] = ()) -> None:
    """Groups and accounts are locked: who trades them cannot change under this question.

    A group counts while it is empty too: who joins it later would be traded by both.
    """
    others = Bot.objects.living().filter(base_name=bot.base_name).exclude(pk=bot.pk)
    taken = AccountScope.objects.filter(scope_type=ScopeType.BOT, account__in=account_ids)
    same = Q(pk__in=taken.values("scope_id")) | Q(connections__group__in=groups)
    other = others.filter(same).first()
    if other is not None:
        raise CoinTaken(f"The bot {other.name!r} trades {bot.base_name} on one of these accounts already.")


def _check_owner(bot: Bot, account_ids: Collection[UUID]) -> None:
    """A bot trades accounts of its owner only; an admin's bot trades anybody's."""
    theirs = TradingAccount.objects.writable_by(bot.owner)
    if TradingAccount.objects.filter(pk__in=account_ids).exclude(pk__in=theirs).exists():
        raise NotTheOwners(f"{bot.name} trades for its owner, and not all of these accounts are theirs.")


def _cover(bot: Bot) -> None:
    Bot.objects.select_for_update(no_key=True).get(pk=bot.pk)
    set_covered_accounts(ScopeType.BOT, bot.id, accounts_of(bot).values_list("pk", flat=True))
