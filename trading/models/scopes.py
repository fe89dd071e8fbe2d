"""Scopes: whom a limit, a switch or an alert is about, which accounts that covers, and who may read and change it."""

from typing import Any

from django.db import models

from accounts.models import Share, TradingAccount, User
from accounts.models.reach import ReachQuerySet
from accounts.sharing import shareable


class ScopeType(models.TextChoices):
    """Whom a limit or a switch covers; `system` has no id, a `symbol` has its instrument's."""

    SYSTEM = "system"
    USER = "user"
    GROUP = "group"
    BOT = "bot"
    ACCOUNT = "account"
    SYMBOL = "symbol"


class AccountScope(models.Model):
    """`account` is covered by this scope. Written by groups and bots as members come and go.

    The scopes that follow from the account's own row (itself, its owner, the system) have no rows here.
    """

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="scopes")
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "scope_type", "scope_id"], name="account_scope_once")]
        indexes = [models.Index(fields=["scope_type", "scope_id"], name="account_scope_by_scope")]

    def __str__(self) -> str:
        return f"{self.scope_type} {self.scope_id}"


class ScopedRowsQuerySet(ReachQuerySet[Any]):
    """Rows with a `scope_type` and a `scope_id`: they are whose the scope is. System and symbols are the admins'."""

    def rows_of(self, user: User) -> models.Q:
        own = models.Q(scope_type=ScopeType.USER, scope_id=user.pk)
        for scope_type, rows in _scopes().items():
            own |= models.Q(scope_type=scope_type, scope_id__in=rows.writable_by(user).order_by().values("pk"))
        return own

    def rows_shown_to(self, user: User) -> models.Q:
        shown = models.Q(pk__in=())
        for scope_type in _scopes():
            shown |= models.Q(scope_type=scope_type, scope_id__in=Share.objects.ids_shown_to(user, scope_type))
        return shown


def _scopes() -> dict[Share.Scope, ReachQuerySet[Any]]:
    return {Share.Scope(name): rows for name, rows in shareable().items()}  # type: ignore[misc]
