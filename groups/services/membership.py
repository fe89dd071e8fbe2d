"""Lets accounts into groups and out of them. Higher apps may refuse, and follow, a change of members."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import TradingAccount, User
from accounts.models.trading_accounts import TradingAccountQuerySet
from core.errors import AppError, Conflict, Missing
from groups.models import AccountGroup, GroupMember
from groups.selectors.groups import GroupMissing
from groups.services.limits import follow_limits
from trading.models import ScopeType
from trading.services.scopes import set_covered_accounts

# Called under the group's lock, in the transaction that changes it. A check raises; a follower writes.
MembershipCheck = Callable[[AccountGroup, Sequence[UUID]], None]
MembershipFollower = Callable[[AccountGroup], None]
checks: list[MembershipCheck] = []
followers: list[MembershipFollower] = []


class NameTaken(Conflict):
    """Another group has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a group named {name!r} already.", field="name")


def create_group(
    *, name: str, created_by: User, accounts: Collection[TradingAccount] = (), **terms: Any
) -> AccountGroup:
    """Create a group with these members; `terms` are its other fields, percents as such. Raises NameTaken."""
    with transaction.atomic():
        group = _insert(AccountGroup(name=name, created_by=created_by, **terms))
        follow_limits(group)
        if accounts:
            add_accounts(group, [account.id for account in accounts])
    return group


def _insert(group: AccountGroup) -> AccountGroup:
    try:
        with transaction.atomic():
            group.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(group.name) from error
    return group


@dataclass(frozen=True, slots=True)
class Joining:
    """What became of one account that was to join: joined, or why not."""

    account_id: UUID
    refusal: AppError | None = None


def add_each(group: AccountGroup, accounts: Collection[TradingAccount]) -> list[Joining]:
    """Add what can be added, all at once where nothing refuses, else one by one; say of each what became of it."""
    ids = [account.id for account in accounts]
    try:
        add_accounts(group, ids)
    except AppError as refusal:
        if len(ids) == 1:
            return [Joining(ids[0], refusal)]
        half = len(ids) // 2
        members = list(accounts)
        return add_each(group, members[:half]) + add_each(group, members[half:])
    return [Joining(account_id) for account_id in ids]


def add_accounts(group: AccountGroup, account_ids: Sequence[UUID]) -> None:
    """Add living accounts to a group; one that is in it already stays. Raises Missing, or what a check raises."""
    with transaction.atomic():
        locked_group(group.pk)
        _let_in(group, account_ids)
        follow_members(group)


def set_members(group: AccountGroup, account_ids: Sequence[UUID]) -> None:
    """Make living accounts, and no others, the members of a group. Raises Missing, or what a check raises."""
    with transaction.atomic():
        locked_group(group.pk)
        members = Q(memberships__group=group) | Q(pk__in=list(account_ids))
        _lock(TradingAccount.objects.filter(pk__in=TradingAccount.objects.filter(members).values("pk")))
        GroupMember.objects.filter(group=group).exclude(account__in=account_ids).delete()
        _let_in(group, account_ids)
        follow_members(group)


def remove_account(group: AccountGroup, account_id: UUID) -> None:
    """Take an account out of a group. Raises Missing where it is not in it."""
    with transaction.atomic():
        locked_group(group.pk)
        _lock(TradingAccount.objects.filter(pk=account_id))
        removed, _ = GroupMember.objects.filter(group=group, account=account_id).delete()
        if not removed:
            raise Missing("The account is not in this group.")
        follow_members(group)


def leave_groups(account: TradingAccount) -> None:
    """Take an account that is being closed out of its groups. It is locked, so none takes it in meanwhile."""
    GroupMember.objects.filter(account=account).delete()


def locked_group(group_id: UUID) -> AccountGroup:
    """Lock a living group; its accounts, bots and limits are locked after it. Raises GroupMissing."""
    group = AccountGroup.objects.living().select_for_update(no_key=True).filter(pk=group_id).first()
    if group is None:
        raise GroupMissing
    return group


def follow_members(group: AccountGroup) -> None:
    """Bring what follows a group's members in step with them. In the transaction that changed them."""
    members = group.members.values_list("account_id", flat=True)
    set_covered_accounts(ScopeType.GROUP, group.id, members)
    for follower in followers:
        follower(group)


def _lock(accounts: TradingAccountQuerySet) -> None:
    """Lock accounts that leave or join: one that is closed meanwhile leaves its groups under its own lock."""
    list(accounts.locked().values_list("pk", flat=True))


def _let_in(group: AccountGroup, account_ids: Sequence[UUID]) -> None:
    found = TradingAccount.objects.living().locked().filter(pk__in=list(account_ids)).values_list("pk", flat=True)
    if len(set(found)) != len(set(account_ids)):
        raise Missing("One of the accounts is not there.")
    for check in checks:
        check(group, account_ids)
    joining = [GroupMember(group=group, account_id=pk) for pk in account_ids]
    GroupMember.objects.bulk_create(joining, ignore_conflicts=True)
