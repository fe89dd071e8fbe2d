"""People over HTTP: everybody's own page, and for admins all people."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.auth_serializers import ProfileAnswer
from accounts.api.authentication import user_of
from accounts.api.users_serializers import PersonAnswer, ProfileChange, UserChange, UserQuery
from accounts.models import Role, User
from accounts.selectors import people
from accounts.services.people import change_profile, change_user
from accounts.sharing import Scope
from core.api.answers import told, told_schema
from core.api.permissions import EVERY_ROLE
from core.api.reading import read_body, read_query
from core.errors import Missing

PERMISSIONS_SCHEMA = told_schema(
    "PermissionsTold",
    permissions=serializers.ListField(child=serializers.CharField()),
    role=serializers.ChoiceField(choices=Role.choices),
    timestamp=serializers.DateTimeField(),
)


class ProfileViewSet(viewsets.ViewSet):
    """The page about oneself."""

    permissions_needed = {"read": EVERY_ROLE, "write": EVERY_ROLE}

    @extend_schema(responses=ProfileAnswer)
    def retrieve(self, request: Request) -> Response:
        return _profile(user_of(request))

    @extend_schema(request=ProfileChange, responses=ProfileAnswer)
    def partial_update(self, request: Request) -> Response:
        return _profile(change_profile(user_of(request).pk, **read_body(ProfileChange, request)))

    @extend_schema(responses=PERMISSIONS_SCHEMA)
    def permissions(self, request: Request) -> Response:
        user = user_of(request)
        data = {"permissions": people.permissions_of(user), "role": user.role, "timestamp": timezone.now()}
        return told("User permissions retrieved", data)


class UserViewSet(viewsets.GenericViewSet):
    """All people, for admins."""

    queryset = User.objects.none()
    serializer_class = PersonAnswer
    permissions_needed = {"read": "accounts.view_user", "write": "accounts.change_user"}

    @extend_schema(parameters=[UserQuery], responses=PersonAnswer(many=True))
    def list(self, request: Request) -> Response:
        found = people.people_found(user_of(request), **read_query(UserQuery, request))
        page = self.paginate_queryset(found)
        return self.get_paginated_response(PersonAnswer(page, many=True).data)

    @extend_schema(responses=PersonAnswer)
    def retrieve(self, request: Request, user_id: UUID) -> Response:
        user = rights.readable(people.with_shares(), user_of(request), user_id, missing=_missing())
        return Response(PersonAnswer(user).data)

    @extend_schema(request=UserChange, responses=PersonAnswer)
    def partial_update(self, request: Request, user_id: UUID) -> Response:
        by = user_of(request)
        user = rights.writable(User.objects.get_queryset(), by, user_id, missing=_missing())
        asked = read_body(UserChange, request)
        if "shared" in asked:
            asked["shared"] = [Scope(**each) for each in asked["shared"]]
        changed = change_user(user.pk, by=by, now=timezone.now(), **asked)
        return Response(PersonAnswer(changed).data)


def _profile(user: User) -> Response:
    balance = people.spendable_balance(user, now=timezone.now())
    return Response(ProfileAnswer(user, context={"balance": balance}).data)


def _missing() -> Missing:
    return Missing("There is no such user.")
