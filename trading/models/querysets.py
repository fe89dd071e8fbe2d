"""What every row that belongs to an account shares: it is read from who asks."""

from typing import Any, Self
from uuid import UUID

from django.db import models

from accounts.models import Role, Share, TradingAccount, User


def bots_shown_to(user: User) -> models.QuerySet[Share, UUID]:
    """Return the ids of the bots that are shared with `user`: what those bots did may be read."""
    return Share.objects.filter(user=user, scope_type=Share.Scope.BOT).values_list("scope_id", flat=True)


class AccountRowsQuerySet(models.QuerySet[Any]):
    """Rows with an `account`; `bot_path` leads to the bot that they came from, where one did."""

    bot_path: str | None = None

    def visible_to(self, user: User) -> Self:
        """Rows of the accounts that `user` may read, and those of bots shared with them."""
        if user.role == Role.ADMIN:
            return self
        seen = models.Q(account__in=TradingAccount.objects.visible_to(user))
        if self.bot_path:
            seen |= models.Q(**{f"{self.bot_path}__in": bots_shown_to(user)})
        return self.filter(seen)

    def writable_by(self, user: User) -> Self:
        """Rows of the accounts that `user` may trade."""
        return self.filter(account__in=TradingAccount.objects.writable_by(user))


class OrderQuerySet(AccountRowsQuerySet):
    """Orders."""

    bot_path = "bot_id"


class FillQuerySet(AccountRowsQuerySet):
    """Fills."""

    bot_path = "order__bot_id"


class OutcomeQuerySet(AccountRowsQuerySet):
    """Outcomes."""

    bot_path = "signal__bot_id"
