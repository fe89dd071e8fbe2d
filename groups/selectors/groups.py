"""Finds groups for who asks, their members with them."""

from uuid import UUID

from accounts import rights
from accounts.models import User
from core.errors import Missing
from groups.models import AccountGroup, AccountGroupQuerySet


class GroupMissing(Missing):
    """No such group, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such group.")


def readable_group(user: User, group_id: UUID) -> AccountGroup:
    """Return a group that `user` may read. Raises GroupMissing."""
    return rights.readable(_groups(), user, group_id, missing=GroupMissing())


def writable_group(user: User, group_id: UUID) -> AccountGroup:
    """Return a group that `user` may change. Raises GroupMissing, SharedForReading."""
    return rights.writable(_groups(), user, group_id, missing=GroupMissing())


def _groups() -> AccountGroupQuerySet:
    return AccountGroup.objects.living().prefetch_related("members")
