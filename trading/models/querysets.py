"""What every row that belongs to an account shares: it is read from who asks.

A share of an account shows all its rows. A share of a bot or of a group shows, of the accounts that they trade, what
was done in their name and nothing else: what the bot did; what the group traded, and what the bots connected to the
group did on its members.
"""

from collections.abc import Callable
from typing import Any

from django.db import models

from accounts.models import Share, TradingAccount, User
from accounts.models.reach import ReachQuerySet
from trading.models.scopes import AccountScope, ScopeType

GroupsOfBot = Callable[[models.OuterRef], models.QuerySet[Any, Any]]
_groups_of_bot: list[GroupsOfBot] = []


def find_groups_of_bots_with(finder: GroupsOfBot) -> None:
    """Let `finder` name the groups that a bot is connected to, from now on. Called once, by the app that knows."""
    _groups_of_bot[:] = [finder]


class AccountRowsQuerySet(ReachQuerySet[Any]):
    """Rows with an `account`; `bot_path` and `group_path` lead to those in whose name they came to be."""

    bot_path: str
    group_path: str

    def rows_of(self, user: User) -> models.Q:
        return models.Q(account__in=TradingAccount.objects.writable_by(user))

    def rows_shown_to(self, user: User) -> models.Q:
        return models.Q(account__in=TradingAccount.objects.visible_to(user)) | self.done_for(user)

    def done_for(self, user: User) -> models.Q:
        """What was done in the name of bots and groups that are shared with `user`."""
        done = models.Q(**{f"{self.bot_path}__in": Share.objects.ids_shown_to(user, Share.Scope.BOT)})
        done |= models.Q(**{f"{self.group_path}__in": Share.objects.ids_shown_to(user, Share.Scope.GROUP)})
        for groups_of_bot in _groups_of_bot:
            bots_groups = groups_of_bot(models.OuterRef(models.OuterRef(self.bot_path)))
            done |= models.Q(models.Exists(_memberships(user).filter(scope_id__in=bots_groups)))
        return done


def _memberships(user: User) -> models.QuerySet[AccountScope]:
    """Return what makes a row's account a member of groups that are shared with `user`."""
    return AccountScope.objects.filter(
        account=models.OuterRef("account"),
        scope_type=ScopeType.GROUP,
        scope_id__in=Share.objects.ids_shown_to(user, Share.Scope.GROUP),
    )


class OrderQuerySet(AccountRowsQuerySet):
    """Orders."""

    bot_path = "bot_id"
    group_path = "signal__group_id"


class FillQuerySet(AccountRowsQuerySet):
    """Fills."""

    bot_path = "order__bot_id"
    group_path = "order__signal__group_id"


class OutcomeQuerySet(AccountRowsQuerySet):
    """Outcomes."""

    bot_path = "signal__bot_id"
    group_path = "signal__group_id"


class PositionQuerySet(AccountRowsQuerySet):
    """Positions. One came to be in somebody's name where a fill on it did: an owner's own trades stay their own."""

    def done_for(self, user: User) -> models.Q:
        fills: FillQuerySet = self.model.fills.field.model.objects.all()
        return models.Q(models.Exists(fills.filter(fills.done_for(user), position=models.OuterRef("pk"))))

    def open(self) -> "PositionQuerySet":
        """Positions that are held now: at most one per account and instrument."""
        return self.filter(is_open=True)


class SignalQuerySet(ReachQuerySet[Any]):
    """Signals."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(user=user)

    def rows_shown_to(self, user: User) -> models.Q:
        """Signals of bots and groups that are shared with `user`, and those with an outcome that they may read."""
        outcomes: OutcomeQuerySet = self.model.outcomes.field.model.objects.all()
        done = models.Q(bot_id__in=Share.objects.ids_shown_to(user, Share.Scope.BOT)) | models.Q(
            group_id__in=Share.objects.ids_shown_to(user, Share.Scope.GROUP)
        )
        return done | models.Q(models.Exists(outcomes.visible_to(user).filter(signal=models.OuterRef("pk"))))
