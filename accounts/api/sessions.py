"""The sessions of a person: where they are logged in, and putting a device out."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.auth_serializers import DeviceInfoInput
from accounts.api.authentication import session_of_request, user_of
from accounts.models import UserSession
from accounts.selectors import people
from accounts.services import sessions
from core.api.answers import told, told_schema
from core.api.permissions import EVERY_ROLE


class SessionAnswer(serializers.Serializer):
    """The context holds `current`: the session of the request."""

    session_id = serializers.UUIDField(source="id")
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    current = serializers.SerializerMethodField()
    device_info = serializers.SerializerMethodField()

    def get_current(self, session: UserSession) -> bool:
        return session == self.context["current"]

    @extend_schema_field(DeviceInfoInput)
    def get_device_info(self, session: UserSession) -> dict[str, Any]:
        """What the server saw of the device overrides what it said of itself."""
        return {**session.device_info, "ip_address": session.ip_address, "user_agent": session.user_agent}


SESSIONS = told_schema("SessionsAnswer", sessions=SessionAnswer(many=True), timestamp=serializers.DateTimeField())
TERMINATED = told_schema("SessionTerminatedAnswer", timestamp=serializers.DateTimeField())


class SessionViewSet(viewsets.ViewSet):
    """One's own sessions; an admin may end anybody's."""

    permissions_needed = {"read": EVERY_ROLE, "write": EVERY_ROLE}

    @extend_schema(responses=SESSIONS)
    def list(self, request: Request) -> Response:
        now = timezone.now()
        rows = people.live_sessions(user_of(request), now=now)
        shown = SessionAnswer(rows, many=True, context={"current": session_of_request(request)}).data
        return told("Active sessions retrieved", {"sessions": shown, "timestamp": now})

    @extend_schema(request=None, responses=TERMINATED)
    def terminate(self, request: Request, session_id: UUID) -> Response:
        now = timezone.now()
        sessions.terminate_session(session_id, asker=user_of(request), now=now)
        return told("Session terminated successfully", {"timestamp": now})
