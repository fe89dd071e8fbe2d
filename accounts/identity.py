"""Who a request comes from: the session behind its bearer token, looked up once a request."""

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import UserSession
from accounts.selectors.people import session_of
from accounts.tokens import InvalidToken

_FOUND = "_session_behind"


def session_behind(request: HttpRequest) -> UserSession | None:
    """Return the session that lets a request in, None for nobody's. Raises InvalidToken for a token that is no good."""
    if not hasattr(request, _FOUND):
        setattr(request, _FOUND, _found(request))
    found: UserSession | InvalidToken | None = getattr(request, _FOUND)
    if isinstance(found, InvalidToken):
        raise found
    return found


def _found(request: HttpRequest) -> UserSession | InvalidToken | None:
    try:
        return _look_up(request)
    except InvalidToken as refusal:
        return refusal


def _look_up(request: HttpRequest) -> UserSession | None:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return session_of(token.strip(), now=timezone.now()) if scheme.lower() == "bearer" else None
