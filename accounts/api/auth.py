"""The doors of the API: registration, login, refresh, logout, and who one is."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.auth_serializers import (
    LoginInput,
    MeAnswer,
    RefreshInput,
    RegisterInput,
    TokensAnswer,
    tokens_answer,
)
from accounts.api.authentication import session_of_request
from accounts.devices import device_of
from accounts.models.sessions import EndReason
from accounts.services import registration, sessions
from core.addresses import counted_address
from core.api.answers import told, told_schema
from core.api.permissions import EVERY_ROLE
from core.api.reading import read_body
from core.limits import hit, require
from core.middleware import arrival_of

LOGGED_OUT = told_schema("LoggedOutAnswer", timestamp=serializers.DateTimeField())


class DoorViewSet(viewsets.ViewSet):
    """For those who have no token yet."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=RegisterInput, responses={201: TokensAnswer})
    def register(self, request: Request) -> Response:
        asked = read_body(RegisterInput, request)
        require(hit("registration", counted_address(request._request)), request._request)
        user, tokens = registration.register(
            username=asked["username"],
            email=asked["email"],
            password=asked["password"],
            full_name=asked["full_name"],
            device=device_of(request, asked["device_info"]),
            now=timezone.now(),
        )
        return Response(tokens_answer(user, tokens), status=201)

    @extend_schema(request=LoginInput, responses=TokensAnswer)
    def login(self, request: Request) -> Response:
        asked = read_body(LoginInput, request)
        user, tokens = sessions.log_in(
            request._request,
            name_or_email=asked["name_or_email"],
            password=asked["password"],
            device=device_of(request, asked["device_info"]),
            now=timezone.now(),
        )
        return Response(tokens_answer(user, tokens))

    @extend_schema(request=RefreshInput, responses=TokensAnswer)
    def refresh(self, request: Request) -> Response:
        asked = read_body(RefreshInput, request)
        user, tokens = sessions.refresh(
            refresh_token=asked["refresh_token"], arrived_at=arrival_of(request), clock=timezone.now
        )
        return Response(tokens_answer(user, tokens))


class SelfViewSet(viewsets.ViewSet):
    """For whoever is logged in, about themselves."""

    permissions_needed = {"read": EVERY_ROLE, "write": EVERY_ROLE}

    @extend_schema(request=None, responses=LOGGED_OUT)
    def logout(self, request: Request) -> Response:
        now = timezone.now()
        sessions.end_session(session_of_request(request), reason=EndReason.LOGOUT, now=now)
        return told("Successfully logged out", {"timestamp": now})

    @extend_schema(responses=MeAnswer)
    def me(self, request: Request) -> Response:
        return Response(MeAnswer(request.user).data)
