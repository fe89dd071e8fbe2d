"""The root and the health of the desk."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.health import health


class HealthAnswer(serializers.Serializer):
    """Health of the desk."""

    status = serializers.ChoiceField(choices=["ok", "degraded"])
    version = serializers.CharField()
    environment = serializers.CharField()
    database = serializers.DictField()
    uptime = serializers.IntegerField()
    timestamp = serializers.DateTimeField()


class HealthView(APIView):
    """200 when everything is well, 503 when something is not."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses={200: HealthAnswer, 503: HealthAnswer})
    def get(self, request: Request) -> Response:
        state = health()
        return Response(state, status=200 if state["status"] == "ok" else 503)


class RootAnswer(serializers.Serializer):
    """Name, version, links."""

    name = serializers.CharField()
    version = serializers.CharField()
    links = serializers.DictField(child=serializers.CharField())


class RootView(APIView):
    """What this server is and where its doors are."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses=RootAnswer)
    def get(self, request: Request) -> Response:
        links = {
            "admin": "/admin/",
            "api": "/api/v1",
            "docs": "/docs",
            "redoc": "/redoc",
            "schema": "/api/v1/schema",
            "health": "/health",
        }
        return Response({"name": settings.DESK_NAME, "version": settings.VERSION, "links": links})
