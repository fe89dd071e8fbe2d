"""Admin page of account groups: members come and go through the membership service only."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin.money import AccountsField
from accounts.models import User
from core.admin.history import HistoryAdmin
from core.admin.pieces import ServiceAdmin, ServiceForm
from core.admin.searching import SearchingAdmin
from groups.models import AccountGroup
from groups.services.changes import change_group
from groups.services.membership import create_group
from trading.admin import scopes
from trading.admin.halting import HaltableAdmin, halting_actions
from trading.models import ScopeType

scopes.name_with(ScopeType.GROUP, AccountGroup, "name")


TEXTS = ("name", "description")
LIMITS = ("max_drawdown_percent", "risk_limit_percent", "target_monthly_roi_percent", "flatten_on_breach")
FIELDSETS: Any = (
    (None, {"fields": (*TEXTS, "members")}),
    ("What it may lose, and is to gain", {"fields": LIMITS}),
)


class GroupForm(ServiceForm):
    """A group and its members."""

    members = AccountsField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].initial = members_of(self.instance)


def members_of(group: AccountGroup) -> list[Any]:
    """Return the ids of a group's living members; a group that is not stored has none."""
    if group._state.adding:
        return []
    return list(group.accounts.filter(deleted_at=None).values_list("pk", flat=True))


@admin.register(AccountGroup)
class AccountGroupAdmin(HistoryAdmin, HaltableAdmin, SearchingAdmin, ServiceAdmin):
    form = GroupForm
    actions = halting_actions(lambda group: (ScopeType.GROUP, group.pk), noun="group")
    list_display = ("name", "description", "members_count", *LIMITS, "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "description", "accounts__name", "id__iexact")
    ordering = ("name",)
    readonly_fields = ("id", "created_by", "created_at", "risk")
    add_fieldsets = FIELDSETS
    fieldsets = (
        *FIELDSETS,
        ("Kept by the desk", {"fields": ("id", "risk", "created_by", "created_at")}),
    )

    @display(description="members", ordering="members_count")
    def members_count(self, group: AccountGroup) -> int:
        return group.members_count  # type: ignore[attr-defined]

    @display(description="risk")
    def risk(self, group: AccountGroup) -> SafeString:
        return scopes.links(ScopeType.GROUP, group.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountGroup]:
        return super().get_queryset(request).filter(deleted_at=None).annotate(members_count=Count("members"))

    def save_model(self, request: HttpRequest, obj: AccountGroup, form: forms.ModelForm, change: bool) -> None:
        chosen = form.cleaned_data["members"]
        terms = {name: form.cleaned_data[name] for name in (*TEXTS, *LIMITS)}
        if not change:
            obj.pk = create_group(created_by=cast(User, request.user), accounts=chosen, **terms).pk
            return
        wanted = [account.pk for account in chosen]
        members = wanted if set(wanted) != set(members_of(obj)) else None
        change_group(obj.pk, {name: terms[name] for name in form.changed_data if name in terms}, account_ids=members)
