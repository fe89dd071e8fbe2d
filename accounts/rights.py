"""Whether a person may do something to a row: their role has the permission, and the row is within their reach.

`user.has_perm("bots.change_bot", bot)` asks both. Over HTTP the role is asked for at the door (RolePermission) and
the row is looked up here: what one may not see is not there, what is only shown is not changed.
"""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model

from accounts.models import User
from accounts.models.reach import ReachQuerySet
from core.errors import Forbidden, Missing

Row = TypeVar("Row", bound=Model)

_READS = ("view_", "export_")


class SharedForReading(Forbidden):
    """Who asks may see it and not change it."""

    code = "READ_ONLY"

    def __init__(self) -> None:
        super().__init__("It is shared with you for reading only.")


def reaches(user: User, permission: str, row: Model) -> bool:
    """Say whether `row` is among those that `user` may do this to; `permission` is "app.codename".

    A permission to view or to export needs a row that may be read, any other one that may be changed. Rows of a
    model that declares no reach are within nobody's but an admin's.
    """
    rows = type(row)._default_manager.filter(pk=row.pk)
    if not isinstance(rows, ReachQuerySet):
        return False
    is_read = permission.partition(".")[2].startswith(_READS)
    return (rows.visible_to(user) if is_read else rows.writable_by(user)).exists()


def readable(rows: ReachQuerySet[Row], user: User, row_id: UUID, *, missing: Missing, by: str = "pk") -> Row:
    """Return the one of `rows` that `user` may read, found by its column `by`. Raises `missing`."""
    row = rows.visible_to(user).filter(**{by: row_id}).first()
    if row is None:
        raise missing
    return row


def writable(rows: ReachQuerySet[Row], user: User, row_id: UUID, *, missing: Missing) -> Row:
    """Return the one of `rows` that `user` may change. Raises `missing`, SharedForReading where it may be read."""
    row = rows.writable_by(user).filter(pk=row_id).first()
    if row is None:
        readable(rows, user, row_id, missing=missing)
        raise SharedForReading
    return row
