"""Who a request comes from: the bearer token of a session that stands, or the cookie of one of a page."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from accounts.identity import bearer_token, session_behind
from accounts.models import User, UserSession
from accounts.tokens import InvalidToken


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; request.user is its user, request.auth its UserSession."""

    def authenticate(self, request: Request) -> tuple[User, UserSession] | None:
        if bearer_token(request._request) is None:
            return None
        try:
            session = session_behind(request._request)
        except InvalidToken as error:
            raise AuthenticationFailed(error.message) from error
        return None if session is None else (session.user, session)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PageSessionAuthentication(SessionAuthentication):
    """The cookie of a page, for requests without a bearer token; what is not safe shows the CSRF token as well."""

    def authenticate(self, request: Request) -> tuple[User, UserSession] | None:
        session = session_behind(request._request)
        if session is None:
            return None
        self.enforce_csrf(request)
        return session.user, session


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """Names the bearer token in the OpenAPI schema."""

    target_class = SessionTokenAuthentication
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class PageSessionScheme(OpenApiAuthenticationExtension):
    """Names the cookie in the OpenAPI schema."""

    target_class = PageSessionAuthentication
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def session_of_request(request: Request) -> UserSession:
    """Return the session that a request came in by; for views that let only logged-in users in."""
    if not isinstance(request.auth, UserSession):
        raise NotAuthenticated
    return request.auth


def user_of(request: Request) -> User:
    """Return who asks; for views that let only logged-in users in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
