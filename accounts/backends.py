"""Django's auth backend: a person's permissions are those of the auth group that their role names, within reach."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.lockout import forgive
from accounts.models import User
from accounts.rights import reaches


class RoleBackend(ModelBackend):
    """One query per user object, then cached on it as Django does; an admin has every permission, without a query.

    Asked about a row, a permission counts only where the row is within the person's reach: one query more.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **rest: Any
    ) -> Any:
        """Return whom the right password names. Their try is given back, also where a form turns them away."""
        user = super().authenticate(request, username=username, password=password, **rest)
        if user is not None and request is not None:
            forgive(request)
        return user

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        if not super().has_perm(user_obj, perm):
            return False
        return obj is None or (isinstance(user_obj, User) and reaches(user_obj, perm, obj))

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        return Permission.objects.filter(group__name=user_obj.role)

    def get_user_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        return set()
