"""Admin pages of people: users, their roles, their sessions, what is shared with them."""

from collections.abc import Collection
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
from django.db.models import Case, CharField, OuterRef, QuerySet, Subquery, When
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import PasswordResetRequest, Role, Share, User, UserSession
from accounts.models.sessions import EndReason
from accounts.services import passwords, people, registration, sessions
from accounts.services.people import LastAdmin, check_an_admin_stays, end_sessions_of_shut_out
from accounts.sharing import Scope, shareable, unknown_scopes
from core.admin.acting import log_all
from core.admin.choosing import ChoosingAdmin
from core.admin.confirming import Announcement, asks_first, counted, lines_of
from core.admin.history import HistoryAdmin
from core.admin.pieces import DeskAdmin, ReadOnlyAdmin, badge, pill
from core.admin.searching import Searched, SearchingAdmin, SearchSelect, found_among

_ROLE = badge("role", {Role.ADMIN: "danger", Role.TRADER: "success", Role.EXPORTER: "info", Role.VIEWER: "warning"})


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
class UserAdmin(HistoryAdmin, DjangoUserAdmin, DeskAdmin):  # type: ignore[misc]
    """People are shut out, never deleted: their accounts' books name them."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ("username", "email", "full_name", _ROLE, "is_active", "last_login")
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
class RoleAdmin(DjangoGroupAdmin, ChoosingAdmin):
    """The roles are fixed, what they may do is not; admins always may everything, so nobody locks the desk."""

    readonly_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return (obj is None or obj.name != Role.ADMIN) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False


def _ending(sessions: QuerySet[UserSession]) -> Announcement:
    going = sessions.filter(ended_at=None).select_related("user")
    count = going.count()
    sentence = f"End {counted(count, 'session')}: whoever is in one has to log in again."
    return Announcement(sentence, lines_of(going, _whose, count=count), is_possible=count > 0)


def _whose(chosen: list[UserSession]) -> list[str]:
    return [f"{each.user}, from {each.ip_address or 'nowhere known'}: {each.user_agent[:80]}" for each in chosen]


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "state", "ip_address", "user_agent", "created_at", "last_seen_at")
    list_filter = ("end_reason",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "ip_address")
    date_hierarchy = "created_at"
    exclude = ("refresh_hash", "previous_refresh_hash")
    actions = ("end_these",)

    @display(description="state")
    def state(self, session: UserSession) -> SafeString:
        is_over = session.ended_at or session.expires_at <= timezone.now()
        return pill("over", "warning") if is_over else pill("open", "success")

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_usersession"))

    @admin.action(description="End these sessions", permissions=["end"])
    @asks_first(_ending, button="End these sessions", is_dangerous=True)
    def end_these(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        chosen, now = list(queryset.values_list("pk", flat=True)), timezone.now()
        these = UserSession.objects.filter(pk__in=chosen)
        ended = sessions.end_sessions(these, reason=EndReason.TERMINATED, now=now)
        log_all(request, these.filter(ended_at=now), "Ended.")
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

    @display(description="state")
    def state(self, tries: AccessAttempt) -> SafeString:
        used_up = tries.failures_since_start >= settings.AXES_FAILURE_LIMIT
        is_locked = used_up and tries.attempt_time > timezone.now() - settings.AXES_COOLOFF_TIME
        return pill("locked", "danger") if is_locked else pill("open", "success")

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return super(ReadOnlyAdmin, self).has_delete_permission(request, obj)


class ScopeField(Searched):
    """Chooses among all that may be shared, by kind and name."""

    widget = SearchSelect

    def clean(self, value: Any) -> Scope:
        scope = _scope_of(super().clean(value))
        if scope is None or unknown_scopes([scope]):
            raise ValidationError("There is no such thing to share.")
        return scope

    def chosen(self, keys: Collection[str]) -> list[tuple[str, str]]:
        scopes = [scope for key in keys if (scope := _scope_of(key))]
        rows = [(scope, shareable()[scope.scope_type].filter(pk=scope.scope_id).first()) for scope in scopes]
        return [(_key(scope.scope_type, row), _scope_name(row)) for scope, row in rows if row]

    def found(self, request: HttpRequest, term: str, page: int) -> tuple[list[dict[str, Any]], bool]:
        kinds, more = [], False
        for scope_type, rows in shareable().items():
            some, is_more = found_among(rows.order_by("name", "pk"), request, term, page)
            children = [{"id": _key(scope_type, row), "text": _scope_name(row)} for row in some]
            kinds += [{"text": f"{scope_type}s", "children": children}] if children else []
            more = more or is_more
        return kinds, more


def _key(scope_type: str, row: Any) -> str:
    return f"{scope_type}:{row.pk}"


def _scope_of(key: str) -> Scope | None:
    scope_type, _, scope_id = key.partition(":")
    try:
        return Scope(scope_type, UUID(scope_id)) if scope_type in shareable() else None
    except ValueError:
        return None


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
class ShareAdmin(HistoryAdmin, SearchingAdmin, DeskAdmin):
    """Shared or taken back, never changed."""

    form = ShareForm
    add_fieldsets = ((None, {"fields": ("user", "scope")}),)
    fieldsets = ((None, {"fields": ("user", "scope_type", "what", "created_by", "created_at")}),)

    list_display = ("user", "scope_type", "what", "created_by", "created_at")
    list_filter = ("scope_type",)
    list_select_related = ("user", "created_by")
    search_fields = ("user__username", "user__email", "scope_id")
    autocomplete_fields = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        def name(rows: QuerySet[Any]) -> Subquery:
            return Subquery(rows.filter(pk=OuterRef("scope_id")).order_by().values("name")[:1])

        names = [When(scope_type=scope_type, then=name(rows)) for scope_type, rows in shareable().items()]
        return super().get_queryset(request).annotate(scope_name=Case(*names, output_field=CharField()))

    @display(description="what", ordering="scope_name")
    def what(self, share: Share) -> str:
        """Name what is shared, by its id where it is gone."""
        return str(getattr(share, "scope_name", None) or share.scope_id)

    def has_change_permission(self, request: HttpRequest, obj: Share | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Share, form: ModelForm, change: bool) -> None:
        scope = Scope(obj.scope_type, obj.scope_id)
        obj.pk = people.share(scope, obj.user, by=cast(User, request.user), now=timezone.now()).pk
