"""Logins by cookie: the session of a page is a row of ours as well, and Django's own session only keeps its id."""

from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.devices import device_of
from accounts.identity import page_session
from accounts.models import User, UserSession
from accounts.models.sessions import EndReason
from accounts.selectors.people import PAGE_SESSION, session_of_page
from accounts.services import sessions


class PageAuthenticationMiddleware(AuthenticationMiddleware):
    """Django's, but `request.user` is the user of a session of ours that stands: one query for both."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_user_of_page, request))  # type: ignore[assignment]
        request.auser = sync_to_async(partial(_user_of_page, request))


def open_on_login(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Receiver of `user_logged_in`: open a session, in place of the one that the browser had.

    Where the password has changed since it was checked none is opened, and the browser is as anonymous as before.
    """
    now = timezone.now()
    sessions.end_sessions(_former(request), reason=EndReason.LOGOUT, now=now)
    request.session.pop(PAGE_SESSION, None)
    try:
        with transaction.atomic():
            sessions.note_login(user, now=now)
            opened = sessions.open_page_session(user, device=device_of(request, {}), now=now)
    except sessions.InvalidCredentials:
        return
    request.session[PAGE_SESSION] = str(opened.pk)


def end_on_logout(sender: object, request: HttpRequest, user: User | None, **_: Any) -> None:
    """Receiver of `user_logged_out`, which comes before Django forgets its session."""
    now = timezone.now()
    session = session_of_page(request.session, now=now)
    if session is not None:
        sessions.end_session(session, reason=EndReason.LOGOUT, now=now)


def _former(request: HttpRequest) -> QuerySet[UserSession]:
    """Return the session that the browser came with, if any.

    Read from its cookie: Django has emptied `request.session` by now where somebody else was logged in.
    """
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    former: Any = type(request.session)(cookie).get(PAGE_SESSION)
    return UserSession.objects.filter(pk=former)


def _user_of_page(request: HttpRequest) -> User | AnonymousUser:
    session = page_session(request)
    return AnonymousUser() if session is None else session.user
