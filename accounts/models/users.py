"""People: who may log in, by what name, in which role."""

import re
import uuid
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from simple_history.models import HistoricalRecords

from accounts.models.reach import ReachQuerySet
from accounts.roles import Role

__all__ = ["Role", "User"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._+-]*")

printable_ascii = RegexValidator(r"\A[\x21-\x7e]+\Z", "Only ASCII letters, digits and signs, without spaces.")


def folded(name: str | None) -> str:
    """Return a user name or e-mail address in the one form in which it is stored and looked up."""
    return (name or "").strip().lower()


class UserQuerySet(ReachQuerySet["User"]):
    """Reads people. Whatever an operator lets a role do, only admins reach others than themselves."""

    def rows_shown_to(self, user: "User") -> models.Q:
        return models.Q(pk=user.pk)

    def holding(self, permission: str) -> Self:
        """People whose role has `permission` ("app.codename") now, in the statement that this becomes part of."""
        app, _, codename = permission.partition(".")
        roles = Group.objects.filter(permissions__content_type__app_label=app, permissions__codename=codename)
        return self.filter(models.Q(role=Role.ADMIN) | models.Q(role__in=roles.values("name")))


class UserManager(BaseUserManager["User"]):
    """Makes users, and finds one by what a person types: the user name or the e-mail address, in any case."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def new(self, *, username: str, email: str, **fields: Any) -> "User":
        """Return a user that is not stored yet, its names folded and its fields checked. Raises ValidationError."""
        user = self.model(username=folded(username), email=folded(email), **fields)
        user.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
        return user

    def create_user(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.new(username=username, email=email, **fields)
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, email, password, role=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        name = folded(username)
        return self.get(email=name) if "@" in name else self.get(username=name)


class User(AbstractBaseUser, PermissionsMixin):
    """One person (or program) that may log in. `username` and `email` are stored in lower case.

    A user name is either without "@" or the user's own e-mail address, so that what is typed at login names one
    person at most. The role is all that decides on rights: an admin is Django's superuser, every other role has
    the permissions of the auth group of its name (see backends.py); there are no groups and no permissions beside it.
    Never deleted: `is_active` shuts a person out. `preferences` belong to the person's screens;
    the desk never reads them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=150, unique=True, validators=[printable_ascii])
    email = models.EmailField("e-mail", max_length=150, unique=True, validators=[printable_ascii])
    full_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.TRADER)
    is_active = models.BooleanField("active", default=True)
    preferences = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    objects = UserManager()
    history = HistoricalRecords(excluded_fields=("password", "last_login"), user_db_constraint=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        ordering = ("username",)
        permissions = (("export_csv", "Can export rows as CSV"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(username=Lower("username")), name="user_username_lower_case"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=models.Q(username=models.F("email")) | ~models.Q(username__contains="@"),
                name="user_username_no_others_email",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        )

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        self.username, self.email = folded(self.username), folded(self.email)
        if self.username and self.username != self.email and not _NAME.fullmatch(self.username):
            raise ValidationError(
                {"username": "Letters, digits and . _ + - after a first letter or digit; or your own e-mail address."}
            )

    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        return self.role == Role.ADMIN
