"""Who may read what, asked for many people and many things at once: one statement for all of them."""

from collections.abc import Collection, Sequence
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Value

from accounts.following import Listed, Pair
from accounts.models import Role, Share, TradingAccount, User
from accounts.models.users import UserQuerySet
from core.streams.reading import last_cursor


def readable_pairs(
    pairs: Collection[Pair], *, living: QuerySet[Any], shared_as: Share.Scope, permissions: Sequence[str]
) -> set[Pair]:
    """Return those pairs of a user and a row that may be read now: a role with all `permissions`, a row in reach.

    `living` selects rows with an `owner`; a row that it does not select is nobody's.
    """
    # Said again beside ReachQuerySet, which answers for one user: asked for many it would be a statement for each.
    # Tests hold the two together, for every role.
    users, things = {user for user, _ in pairs}, {thing for _, thing in pairs}
    owned = living.filter(pk__in=things).order_by()
    shares = Share.objects.filter(user__in=users, scope_type=shared_as, scope_id__in=things).order_by()
    readers = _active(users, permissions)
    rows = list(
        owned.values_list(Value("thing"), "owner", "pk").union(
            shares.values_list(Value("share"), "user", "scope_id"),
            readers.values_list(Value("reader"), "pk", F("pk")),  # a union's rows are of one width
            readers.filter(role=Role.ADMIN).values_list(Value("admin"), "pk", F("pk")),
            all=True,
        )
    )
    alive = {thing for kind, _, thing in rows if kind == "thing"}
    readers_now = {user for kind, user, _ in rows if kind == "reader"}
    admins = {user for kind, user, _ in rows if kind == "admin"}
    granted = {(user, thing) for _, user, thing in rows}
    return {
        (user, thing)
        for user, thing in pairs
        if thing in alive and user in readers_now and (user in admins or (user, thing) in granted)
    }


def own_accounts(users: Collection[UUID], *, permission: str) -> Listed:
    """Return which living accounts belong to each of `users`, in two statements; a role without `permission` is absent.

    To an admin belong their own, as to everybody.
    """
    cursor = last_cursor()  # first: what is not in the list yet is told of after it
    people = _active(users, [permission])
    owned = TradingAccount.objects.living().filter(owner__in=users).order_by()
    rows = list(
        people.values_list(Value("person"), "pk", F("pk")).union(
            owned.values_list(Value("account"), "owner", "pk"), all=True
        )
    )
    found: dict[UUID, set[UUID]] = {user: set() for kind, user, _ in rows if kind == "person"}
    for kind, user, account in rows:
        if kind == "account" and user in found:
            found[user].add(account)
    return Listed(cursor, found)


def _active(users: Collection[UUID], permissions: Sequence[str]) -> UserQuerySet:
    people = User.objects.get_queryset().filter(pk__in=users, is_active=True).order_by()
    return reduce(lambda found, permission: found.holding(permission), permissions, people)
