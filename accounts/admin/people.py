"""Admin pages of people: users, their roles, their sessions, what is shared with them."""

from copy import copy
from typing import Any, cast
from uuid import UUID

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelect2Widget

from accounts.models import PasswordResetRequest, Role, Share, User, UserSession
from accounts.models.sessions import EndReason
from accounts.services import passwords, people, registration, sessions
from accounts.services.people import LastAdmin, check_an_admin_stays, end_sessions_of_shut_out
from accounts.sharing import Scope, shareable
from core.admin.pieces import DeskAdmin, ReadOnlyAdmin

_ROLE_COLOURS = {Role.ADMIN: "danger", Role.TRADER: "success", Role.EXPORTER: "info", Role.VIEWER: "warning"}


class PasswordForm(AdminPasswordChangeForm):
    """Ends the sessions of a person whose password is taken away, too: Django tells its rules of a new one only."""

    def set_password_and_save(self, user: User, **options: Any) -> User:
        changed: User = super().set_password_and_save(user, **options)
        passwords.end_all_sessions(changed, now=timezone.now())
        return changed


class PersonForm(UserChangeForm):
    """A person. Checked inside the transaction of the page: the admins stay locked until it is stored."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wanted = copy(self.instance)
        wanted.role = cleaned.get("role", wanted.role)
        wanted.is_active = cleaned.get("is_active", wanted.is_active)
        try:
            check_an_admin_stays(wanted)
        except LastAdmin as refusal:
            raise ValidationError(refusal.message) from refusal
        return cleaned


@admin.register(User)
class UserAdmin(DjangoUserAdmin, DeskAdmin):  # type: ignore[misc]
    """People are shut out, never deleted: their accounts' books name them."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ("username", "email", "full_name", "role_badge", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "email", "full_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("preferences", "created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "email", "full_name", "password")}),
        ("Rights", {"fields": ("role", "is_active")}),
        ("Kept by the desk", {"fields": ("preferences", "created_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "full_name", "role", "usable_password", "password1", "password2"),
            },
        ),
    )

    @display(description="role", ordering="role", label=_ROLE_COLOURS)
    def role_badge(self, user: User) -> str:
        return user.role

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            registration.open_default_account(obj, now=timezone.now())
        if not obj.is_active:
            end_sessions_of_shut_out(obj, now=timezone.now())


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, ModelAdmin):
    """The roles are fixed, what they may do is not; admins always may everything, so nobody locks the desk."""

    readonly_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return (obj is None or obj.name != Role.ADMIN) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "state", "ip_address", "user_agent", "created_at", "last_seen_at")
    list_filter = ("end_reason",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "ip_address")
    date_hierarchy = "created_at"
    exclude = ("refresh_hash", "previous_refresh_hash")
    actions = ("end_these",)

    @display(description="state", label={"open": "success", "over": "warning"})
    def state(self, session: UserSession) -> str:
        return "over" if session.ended_at or session.expires_at <= timezone.now() else "open"

    @admin.action(description="End these sessions")
    def end_these(self, request: HttpRequest, chosen: QuerySet[UserSession]) -> None:
        ended = sessions.end_sessions(chosen, reason=EndReason.TERMINATED, now=timezone.now())
        self.message_user(request, f"{ended} session(s) ended.")


@admin.register(PasswordResetRequest)
class PasswordResetRequestAdmin(ReadOnlyAdmin):
    list_display = ("email", "asked_at", "attempts", "next_attempt_at", "done_at")
    search_fields = ("email",)
    date_hierarchy = "asked_at"


@admin.register(AccessAttempt)
class FailedLoginAdmin(ReadOnlyAdmin):
    """Names and addresses that logins failed with; a row that is deleted unlocks them."""

    list_display = ("username", "ip_address", "failures_since_start", "state", "path_info", "attempt_time")
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = ("username", "ip_address", "failures_since_start", "path_info", "attempt_time")

    @display(description="state", label={"locked": "danger", "open": "success"})
    def state(self, tries: AccessAttempt) -> str:
        used_up = tries.failures_since_start >= settings.AXES_FAILURE_LIMIT
        return "locked" if used_up and tries.attempt_time > timezone.now() - settings.AXES_COOLOFF_TIME else "open"

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return super(ReadOnlyAdmin, self).has_delete_permission(request, obj)


class ScopeField(forms.ChoiceField):
    """Chooses among all that may be shared, by kind and name."""

    widget = UnfoldAdminSelect2Widget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_scope_choices, **kwargs)

    def clean(self, value: Any) -> Scope:
        scope_type, _, scope_id = super().clean(value).partition(":")
        return Scope(scope_type, UUID(scope_id))


def _scope_choices() -> list[Any]:
    """Return what may be shared as Django's grouped choices, read when a page is made."""
    kinds: list[Any] = [("", "---------")]
    for scope_type, rows in shareable().items():
        kinds.append((f"{scope_type}s", [(f"{scope_type}:{row.pk}", _scope_name(row)) for row in rows]))
    return kinds


def _scope_name(row: Any) -> str:
    """Return a row's name with its owner's: names alone do not tell accounts apart."""
    owner = getattr(row, "owner", None)
    return f"{row} · {owner}" if owner else str(row)


class ShareForm(forms.ModelForm):
    """Whom to show what."""

    scope = ScopeField(label="What", help_text="They may read it, whatever their role.")

    class Meta:
        model = Share
        fields = ("user",)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        scope, user = cleaned.get("scope"), cleaned.get("user")
        if scope and user:
            if user.shares.filter(scope_type=scope.scope_type, scope_id=scope.scope_id).exists():
                raise ValidationError("It is shared with them already.")
            self.instance.scope_type, self.instance.scope_id = scope.scope_type, scope.scope_id
        return cleaned


@admin.register(Share)
class ShareAdmin(DeskAdmin):
    """Shared or taken back, never changed."""

    form = ShareForm
    add_fieldsets = ((None, {"fields": ("user", "scope")}),)
    fieldsets = ((None, {"fields": ("user", "scope_type", "scope_id", "created_by", "created_at")}),)

    list_display = ("user", "scope_type", "scope_id", "created_by", "created_at")
    list_filter = ("scope_type",)
    list_select_related = ("user", "created_by")
    search_fields = ("user__username", "user__email", "scope_id")
    autocomplete_fields = ("user",)

    def get_fieldsets(self, request: HttpRequest, obj: Share | None = None) -> list[Any]:
        return list(self.add_fieldsets) if obj is None else super().get_fieldsets(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Share | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Share, form: ModelForm, change: bool) -> None:
        scope = Scope(obj.scope_type, obj.scope_id)
        obj.pk = people.share(scope, obj.user, by=cast(User, request.user), now=timezone.now()).pk
