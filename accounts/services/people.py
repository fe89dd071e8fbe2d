"""Changes people: their own page by themselves; role, entry and what is shared with them by admins."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Role, Share, User, UserSession
from accounts.models.sessions import EndReason
from accounts.preferences import Preferences, merged
from accounts.services.sessions import end_sessions
from accounts.sharing import Scope, unknown_scopes
from core.errors import Conflict, Invalid


class LastAdmin(Conflict):
    """Without this person nobody could let anybody in again."""

    code = "LAST_ADMIN"

    def __init__(self) -> None:
        super().__init__("This is the last active admin: make another one first.")


def change_profile(user_id: UUID, *, full_name: str | None = None, preferences: Preferences | None = None) -> User:
    """Change what a person says of themselves; `preferences` are merged into those there are. Raises Invalid."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        if full_name is not None:
            user.full_name = full_name
        if preferences is not None:
            user.preferences = merged(user.preferences, preferences)
        user.save(update_fields=["full_name", "preferences"])
    return user


def change_user(
    user_id: UUID,
    *,
    by: User,
    now: datetime,
    role: Role | None = None,
    is_active: bool | None = None,
    full_name: str | None = None,
    shared: Collection[Scope] | None = None,
) -> User:
    """Change a person as an admin does; `shared` replaces all that is shared with them. None leaves a thing alone.

    It counts from the next request on, and on sockets within a second. What is shared with them already may stay,
    also where it is gone by now. Raises LastAdmin, and Invalid for another scope that is not there.
    """
    changes = {"role": role, "is_active": is_active, "full_name": full_name}
    wanted = {name: value for name, value in changes.items() if value is not None}
    with transaction.atomic():
        user = _locked(user_id)
        for name, value in wanted.items():
            setattr(user, name, value)
        check_an_admin_stays(user)
        user.save(update_fields=list(wanted))
        if not user.is_active:
            end_sessions_of_shut_out(user, now=now)
        if shared is not None:
            _share(user, set(shared), by=by, now=now)
    return user


def share(scope: Scope, user: User, *, by: User, now: datetime) -> Share:
    """Show `user` one thing more; what is shared with them already stays as it is, under a race too."""
    given, _ = Share.objects.get_or_create(
        user=user,
        scope_type=scope.scope_type,
        scope_id=scope.scope_id,
        defaults={"created_by": by, "created_at": now},
    )
    return given


def end_sessions_of_shut_out(user: User, *, now: datetime) -> None:
    """End every session of a person who may not come in, so that none stands again once they may."""
    end_sessions(UserSession.objects.filter(user=user), reason=EndReason.SHUT_OUT, now=now)


def check_an_admin_stays(user: User) -> None:
    """Refuse a change that leaves no active admin; `user` is as they are to be, and not stored yet.

    Inside the transaction that stores it: all admins are locked, in the order of their ids, so of two who put each
    other out at the same moment one is refused. Raises LastAdmin.
    """
    admins = User.objects.select_for_update(no_key=True).filter(role=Role.ADMIN).order_by("pk")
    active = {admin.pk for admin in admins if admin.is_active}
    stays_one = user.role == Role.ADMIN and user.is_active
    if user.pk in active and not stays_one and active == {user.pk}:
        raise LastAdmin


def _locked(user_id: UUID) -> User:
    """Lock a person together with all admins, in the order of ids."""
    people = User.objects.select_for_update(no_key=True).filter(Q(role=Role.ADMIN) | Q(pk=user_id)).order_by("pk")
    return next(user for user in people if user.pk == user_id)


def _share(user: User, wanted: set[Scope], *, by: User, now: datetime) -> None:
    standing = {Scope(share.scope_type, share.scope_id): share.pk for share in user.shares.all()}
    unknown = unknown_scopes(wanted - standing.keys())
    if unknown:
        lines = sorted(f"There is no {scope.scope_type} {scope.scope_id}." for scope in unknown)
        raise Invalid(lines[0], errors={"shared": lines})
    user.shares.filter(pk__in=[pk for scope, pk in standing.items() if scope not in wanted]).delete()
    new = [Share(user=user, scope_type=each.scope_type, scope_id=each.scope_id) for each in wanted - standing.keys()]
    for share in new:
        share.created_by, share.created_at = by, now
    Share.objects.bulk_create(new, ignore_conflicts=True)
