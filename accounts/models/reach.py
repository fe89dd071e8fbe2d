"""How far a person's hand reaches: which rows of a model they may read, and which they may change."""

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from accounts.roles import Role

if TYPE_CHECKING:
    from accounts.models.users import User

Row = TypeVar("Row", bound=models.Model)

NOBODYS = models.Q(pk__in=())


class ReachQuerySet(models.QuerySet[Row]):
    """Reads rows from who asks: an admin reaches all, others what the model says by `rows_of` and `rows_shown_to`.

    Only rows: what a role may do to them is its permissions' affair, see accounts/rights.py.
    """

    def visible_to(self, user: "User") -> Self:
        """Rows that `user` may read: all for an admin, else their own and those shared with them."""
        return self if user.role == Role.ADMIN else self.filter(self.rows_of(user) | self.rows_shown_to(user))

    def writable_by(self, user: "User") -> Self:
        """Rows that `user` may change: all for an admin, else their own. A share is read-only whatever the role."""
        return self if user.role == Role.ADMIN else self.filter(self.rows_of(user))

    def rows_of(self, user: "User") -> models.Q:
        """Return what is the user's own; nothing, where a model does not say."""
        return NOBODYS

    def rows_shown_to(self, user: "User") -> models.Q:
        """Return what is shared with the user; nothing, where a model does not say."""
        return NOBODYS
