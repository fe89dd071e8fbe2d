"""Whose password is checked at all: django-axes' backend and rows, made exact, for every door that authenticates.

A try is taken before the password is looked at, in one guarded UPDATE, and given back by the right one: of many tries
at once no more than the limit get to a password. A person's user name and e-mail address are one name here, and an
unknown name is treated as a known one. Tries from all addresses lock a name as well, but not for the addresses from
which its person has logged in before: strangers cannot lock anybody out everywhere.
"""

import logging
import math
from datetime import datetime
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.exceptions import AxesBackendPermissionDenied, AxesBackendRequestParameterRequired
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import User, UserSession
from accounts.models.users import folded
from core.addresses import counted, counted_address
from core.errors import AppError, TooMany
from core.limits import hit, hit_shared, look, require, tightest

logger = logging.getLogger(__name__)

_ANY_AGENT = ""
_LONGEST_PATH = 255
_ROUNDS = 5


class LockedOut(TooMany):
    """Too many wrong passwords for a name; the right one is refused as well."""

    code = "LOCKED_OUT"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(
            f"Too many failed logins; try again in {retry_after_seconds} s.", retry_after_seconds=retry_after_seconds
        )


def known_as(typed: str) -> str:
    """Return the name under which tries are counted: the user name of whom it names, else what was typed, folded."""
    name = folded(typed)
    found = User.objects.filter(Q(email=name) | Q(username=name)).values_list("username", flat=True).first()
    return found or name


def refusal_of(request: HttpRequest) -> AppError | None:
    """Return why no password was checked for this request, or why none will be from now on."""
    found: AppError | None = getattr(request, "login_refusal", None)
    return found


def forgive(request: HttpRequest) -> None:
    """Forget the failures of whom this request named with the right password, from its address."""
    name = getattr(request, "login_name", None)
    if name is not None:
        _tries(name, counted_address(request)).delete()


def locked_out_page(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Return a page in plain words."""
    refusal = refusal_of(request)
    context = {"refusal": refusal, "minutes": math.ceil((getattr(refusal, "retry_after_seconds", 0) or 60) / 60)}
    page = render(request, "locked_out.html", context, status=getattr(refusal, "status", 429))
    page["Retry-After"] = str(getattr(refusal, "retry_after_seconds", None) or 60)
    return page


class LockoutBackend(AxesStandaloneBackend):
    """Stands before the backend that checks passwords."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> None:
        """Let the next backend look at the password, or end it here. The refusal is kept on the request."""
        if request is None:
            raise AxesBackendRequestParameterRequired("Who asks must be known.")
        try:
            _take_try(request, username or "")
        except AppError as refusal:
            _refuse(request, refusal)
            raise AxesBackendPermissionDenied(refusal.message) from refusal


class LockoutHandler(AxesDatabaseHandler):
    """What happens to a try once the password was looked at."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Count for the name; the try itself is counted already. Says so where it was the last."""
        if request is None or refusal_of(request) is not None:
            return
        name = request.login_name  # type: ignore[attr-defined]
        hit("failed_login", name)
        logger.warning("a login failed from %s", counted_address(request))
        wait = _seconds_locked(name, counted_address(request), now=timezone.now())
        if wait:
            _refuse(request, LockedOut(retry_after_seconds=wait))

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """The backend that checked the password has forgiven already."""

    def user_logged_out(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """Whoever leaves changes nothing here."""


def _refuse(request: HttpRequest, refusal: AppError) -> None:
    """Keep the refusal, and have axes answer a page; under ASGI it would drop what a view has answered a program."""
    request.login_refusal = refusal  # type: ignore[attr-defined]
    request.axes_locked_out = not request.path_info.startswith("/api/")  # type: ignore[attr-defined]


def _take_try(request: HttpRequest, typed: str) -> None:
    """Raises LockedOut, RateLimited, and Unavailable while Redis is away."""
    now, address = timezone.now(), counted_address(request)
    if tightest(request) is None:  # the API has counted its requests before they come here
        require(hit("anonymous", address), request)
    name = known_as(typed)
    request.login_name = name  # type: ignore[attr-defined]
    wait = _seconds_locked(name, address, now=now)
    if wait:
        raise LockedOut(retry_after_seconds=wait)
    of_all_addresses = look("failed_login", name)
    if not of_all_addresses.allowed and not _has_come_from(name, address):
        raise LockedOut(retry_after_seconds=of_all_addresses.retry_after)
    # By what was typed: what is left is told, and must not tell that a name and an address are one person's.
    require(hit_shared("login", f"{address} {folded(typed)}"), request)
    if not _counted(name, address, path=request.path_info, now=now):
        raise LockedOut(retry_after_seconds=_seconds_locked(name, address, now=now) or 1)


def _counted(name: str, address: str, *, path: str, now: datetime) -> bool:
    """Add one to the pair's tries where there is one left.

    A login that succeeds at the same moment takes the row away between the insert and the update: then once more.
    """
    for _ in range(_ROUNDS):
        if _added(name, address, path=path, now=now):
            return True
        if _tries(name, address).exists():
            break
    return False


def _added(name: str, address: str, *, path: str, now: datetime) -> bool:
    tries = _tries(name, address)
    told = {"attempt_time": now, "path_info": path[:_LONGEST_PATH]}
    with transaction.atomic():
        tries.filter(attempt_time__lte=now - settings.AXES_COOLOFF_TIME).delete()
        first = AccessAttempt(username=name, ip_address=address, user_agent=_ANY_AGENT, failures_since_start=0, **told)
        AccessAttempt.objects.bulk_create([first], ignore_conflicts=True)
        left = tries.filter(failures_since_start__lt=settings.AXES_FAILURE_LIMIT)
        return bool(left.update(failures_since_start=F("failures_since_start") + 1, **told))


def _has_come_from(name: str, address: str) -> bool:
    """Say whether the person of this name has, or had, a session from what `address` is counted with."""
    seen = UserSession.objects.filter(user__username=name).order_by().values_list("ip_address", flat=True).distinct()
    return address in {counted(each) for each in seen if each is not None}


def _seconds_locked(name: str, address: str, *, now: datetime) -> int:
    """Return for how many seconds the pair is locked, 0 where it is not."""
    used_up = _tries(name, address).filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)
    last = used_up.values_list("attempt_time", flat=True).first()
    return max(0, math.ceil((last + settings.AXES_COOLOFF_TIME - now).total_seconds())) if last else 0


def _tries(name: str, address: str) -> QuerySet[AccessAttempt]:
    return AccessAttempt.objects.filter(username=name, ip_address=address, user_agent=_ANY_AGENT)
