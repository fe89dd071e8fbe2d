"""Doors for another password: with the current one, or with a token that came by e-mail."""

from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import session_of_request
from accounts.reset_requests import take_reset_request
from accounts.services import password_resets, passwords
from core.api.answers import told, told_schema
from core.api.permissions import EVERY_ROLE
from core.api.reading import read_body
from core.api.serializers import StrictSerializer

DONE = told_schema("PasswordAnswer", timestamp=serializers.DateTimeField())


def _password() -> serializers.CharField:
    return serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)


class ChangePasswordInput(StrictSerializer):
    current_password = _password()
    new_password = _password()


class ResetPasswordInput(StrictSerializer):
    email = serializers.EmailField(max_length=150)


class CompleteResetInput(StrictSerializer):
    """`token` is the one from the e-mail."""

    token = serializers.CharField(max_length=300, write_only=True)
    new_password = _password()


class PasswordViewSet(viewsets.ViewSet):
    """For whoever is logged in and knows their password."""

    permissions_needed = {"write": EVERY_ROLE}

    @extend_schema(request=ChangePasswordInput, responses=DONE)
    def change(self, request: Request) -> Response:
        asked, now = read_body(ChangePasswordInput, request), timezone.now()
        passwords.change_password(request._request, session_of_request(request), **asked, now=now)
        return _done("Password changed", now)


class PasswordResetViewSet(viewsets.ViewSet):
    """For those who forgot theirs."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=ResetPasswordInput, responses=DONE)
    def reset(self, request: Request) -> Response:
        asked, now = read_body(ResetPasswordInput, request), timezone.now()
        take_reset_request(request._request, **asked, now=now)
        return _done("If an account exists with this email, reset instructions will be sent", now)

    @extend_schema(request=CompleteResetInput, responses=DONE)
    def complete(self, request: Request) -> Response:
        asked, now = read_body(CompleteResetInput, request), timezone.now()
        password_resets.complete_reset(**asked, now=now)
        return _done("Password reset successful", now)


def _done(message: str, now: datetime) -> Response:
    return told(message, {"timestamp": now})
