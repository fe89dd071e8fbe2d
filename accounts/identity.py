"""Who a request comes from: the session behind its bearer token, looked up once a request."""

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import UserSession
from accounts.selectors.people import session_of

_FOUND = "_session_behind"


def session_behind(request: HttpRequest) -> UserSession | None:
    """Return the session that lets a request in, None for nobody's. Raises InvalidToken for a token that is no good."""
    if not hasattr(request, _FOUND):
        setattr(request, _FOUND, _look_up(request))
    session: UserSession | None = getattr(request, _FOUND)
    return session


def _look_up(request: HttpRequest) -> UserSession | None:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return session_of(token.strip(), now=timezone.now()) if scheme.lower() == "bearer" else None
