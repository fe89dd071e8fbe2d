"""Reads people: the session a request comes in by, and what stands on a person's own page."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q, QuerySet

from accounts.figures import figures_of
from accounts.models import Role, User, UserSession
from accounts.models.users import UserQuerySet
from accounts.selectors.trading_accounts import DefaultAccountMissing, default_account
from accounts.tokens import Claims, InvalidToken, read_access
from core.compiled_reads import compiled_read

# Under which name Django's session of a browser keeps the id of ours.
PAGE_SESSION = "user_session"


def session_of(access_token: str, *, now: datetime) -> UserSession:
    """Return the live session of an access token, its user with it, in one query. Raises InvalidToken."""
    return live_session(read_access(access_token), now=now)


def live_session(claims: Claims, *, now: datetime) -> UserSession:
    """Return the session that checked claims name, if it still lets its user in. Raises InvalidToken."""
    found = _live(claims.session_id, claims.user_id, now)
    if not found:
        raise InvalidToken
    return found[0]


@compiled_read
def _live(session_id: UUID, user_id: UUID, now: datetime) -> QuerySet[UserSession]:
    return UserSession.objects.alive(now).filter(pk=session_id, user=user_id).order_by()


def session_of_page(store: SessionBase, *, now: datetime) -> UserSession | None:
    """Return the live session that Django's session of a browser names, its user with it; None where none stands."""
    user_id, session_id = store.get(SESSION_KEY), store.get(PAGE_SESSION)
    if user_id is None or session_id is None:
        return None
    return UserSession.objects.alive(now).filter(pk=session_id, user=user_id).first()


def live_sessions(user: User, *, now: datetime) -> QuerySet[UserSession]:
    """Return the sessions in which a user is logged in, the newest first."""
    return UserSession.objects.alive(now).filter(user=user)


def with_shares() -> UserQuerySet:
    """Return all people by name, what is shared with them in one statement more."""
    return User.objects.get_queryset().order_by("username").prefetch_related("shares")


def people_found(seen_by: User, *, search: str, is_active: bool | None, role: Role | None = None) -> UserQuerySet:
    """Return the people that `seen_by` may read, with their shares; None and "" ask for nothing in particular."""
    found = with_shares().visible_to(seen_by)
    if role is not None:
        found = found.filter(role=role)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    wanted = Q(username__icontains=search) | Q(email__icontains=search) | Q(full_name__icontains=search)
    return found.filter(wanted) if search else found


def permissions_of(user: User) -> list[str]:
    """Return the user's permissions ("app.codename"), sorted."""
    return sorted(user.get_all_permissions())


def spendable_balance(user: User, *, now: datetime) -> Decimal | None:
    """Return the margin available on the user's default paper account, in its currency; None without one."""
    try:
        account = default_account(user)
    except DefaultAccountMissing:
        return None
    return figures_of([account], now)[account.id].margin_available
