"""Who a request comes from: the session behind its bearer token, else behind its cookie, looked up once a request."""

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import UserSession
from accounts.selectors.people import session_of, session_of_page
from accounts.tokens import InvalidToken
from core.middleware import who_asks

_FOUND = "_session_behind"
_FOUND_BY_COOKIE = "_page_session"


def session_behind(request: HttpRequest) -> UserSession | None:
    """Return the session that lets a request in, None for nobody's. Raises InvalidToken for a token that is no good.

    A bearer token wins over a cookie, also one that is no good.
    """
    if not hasattr(request, _FOUND):
        setattr(request, _FOUND, _found(request))
    found: UserSession | InvalidToken | None = getattr(request, _FOUND)
    if isinstance(found, InvalidToken):
        raise found
    return found


def _found(request: HttpRequest) -> UserSession | InvalidToken | None:
    token = bearer_token(request)
    try:
        return page_session(request) if token is None else _named(session_of(token, now=timezone.now()))
    except InvalidToken as refusal:
        return refusal


def bearer_token(request: HttpRequest) -> str | None:
    """Return the token that a request shows, None where it shows none."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def page_session(request: HttpRequest) -> UserSession | None:
    """Return the session behind a page's cookie; where it does not stand, Django's session is emptied with it."""
    if not hasattr(request, _FOUND_BY_COOKIE):
        setattr(request, _FOUND_BY_COOKIE, _look_up_page(request))
    session: UserSession | None = getattr(request, _FOUND_BY_COOKIE)
    return session


def _look_up_page(request: HttpRequest) -> UserSession | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    session = session_of_page(request.session, now=timezone.now())
    if session is None and SESSION_KEY in request.session:
        request.session.flush()
    return session and _named(session)


def _named(session: UserSession) -> UserSession:
    """Have the lines of this request name who asks."""
    who_asks(session.user_id)
    return session
