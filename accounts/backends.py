"""Django's auth backend: a person's permissions are those of the auth group that their role names."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Model, QuerySet

from accounts.models import User


class RoleBackend(ModelBackend):
    """One query per user object, then cached on it as Django does; an admin has every permission, without a query."""

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        return Permission.objects.filter(group__name=user_obj.role)

    def get_user_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        return set()
