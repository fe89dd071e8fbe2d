"""Changes what a group is and what it may lose, and deletes it. Higher apps let go of a group that is deleted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Share, TradingAccount
from core.errors import Conflict
from groups.models import AccountGroup, GroupMember
from groups.services.limits import follow_limits
from groups.services.membership import NameTaken, follow_members, locked_group, set_members
from trading.models import ScopeType, Switch, SwitchState
from trading.services.risk.records import delete_limits_of

# Called under the group's lock, in the transaction that deletes it, once it has no members.
GroupDeparture = Callable[[AccountGroup], None]
departures: list[GroupDeparture] = []


class GroupHalted(Conflict):
    """The group is halted: without it, its accounts would trade again."""

    code = "GROUP_HALTED"

    def __init__(self, state: str) -> None:
        super().__init__(f"The group is {state}: resume it before it is deleted.")


def change_group(
    group_id: UUID, changes: Mapping[str, Any], *, account_ids: Sequence[UUID] | None = None
) -> AccountGroup:
    """Write these fields of a group, its limits with them, and make `account_ids`, where given, its members.

    Raises GroupMissing, NameTaken, and what set_members raises: then nothing is changed.
    """
    with transaction.atomic():
        group = locked_group(group_id)
        # Accounts are locked before limits: the risk monitor takes them in this order.
        if account_ids is not None:
            set_members(group, account_ids)
        if changes:
            _write(group, changes)
            follow_limits(group)
    return group


def delete_group(group_id: UUID, *, now: datetime) -> None:
    """Delete a group: members and bots leave it, its limits and shares go, its row and its alerts stay.

    What its accounts hold stays as it is. Raises GroupMissing, GroupHalted.
    """
    with transaction.atomic():
        group = locked_group(group_id)
        # The accounts before the switch: whoever halts the group holds them.
        list(TradingAccount.objects.filter(memberships__group=group).locked().values_list("pk", flat=True))
        _check_active(group)
        GroupMember.objects.filter(group=group).delete()
        follow_members(group)
        for depart in departures:
            depart(group)
        delete_limits_of(ScopeType.GROUP, group.id, now=now)
        Switch.objects.filter(scope_type=ScopeType.GROUP, scope_id=group.id).delete()
        Share.objects.filter(scope_type=Share.Scope.GROUP, scope_id=group.id).delete()
        group.deleted_at = now
        group.save(update_fields=["deleted_at"])


def _write(group: AccountGroup, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(group, name, value)
    try:
        with transaction.atomic():
            group.save(update_fields=list(changes))
    except IntegrityError as error:
        raise NameTaken(group.name) from error


def _check_active(group: AccountGroup) -> None:
    switches = Switch.objects.filter(scope_type=ScopeType.GROUP, scope_id=group.id)
    state = switches.exclude(state=SwitchState.ACTIVE).values_list("state", flat=True).first()
    if state is not None:
        raise GroupHalted(state)
