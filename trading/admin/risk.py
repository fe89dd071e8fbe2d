"""Admin pages of risk: limits are edited, switches are turned by their service, what covers an account is read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import DeskAdmin, ReadOnlyAdmin, ServiceAdmin, ServiceForm, badge, pill
from market.selectors import find_instrument
from market.symbols import UnknownSymbol
from trading.admin import scopes
from trading.models import AccountScope, RiskLimit, ScopeType, Switch, SwitchState
from trading.services.scopes import turn_switch

_STATE = badge("state", {SwitchState.ACTIVE: "success", SwitchState.REDUCING: "warning", SwitchState.HALTED: "danger"})
_SCOPE = ("scope_type", "scope_id")
_THRESHOLDS = ("warning_threshold", "critical_threshold")
_BY_SCOPE = ("scope_type", ChoicesDropdownFilter)


class ScopeForm(ServiceForm):
    """A form whose scope must name something that is there."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        scope_type = data.get("scope_type")
        if scope_type and not self.errors and not scopes.is_there(scope_type, data.get("scope_id")):
            self.add_error("scope_id", ValidationError(_wrong_scope(scope_type)))
        return data


def _wrong_scope(scope_type: str) -> str:
    if scope_type == ScopeType.SYSTEM:
        return "The system has no id: leave it empty."
    return f"This is not the id of a {scope_type}; it stands on the {scope_type}'s page."


class LimitForm(ScopeForm):
    """A limit; its symbol is an instrument's own, for a limit on any other spelling would never be asked."""

    def clean_symbol(self) -> str:
        spelling = self.cleaned_data["symbol"]
        try:
            return find_instrument(spelling).symbol if spelling else ""
        except UnknownSymbol as error:
            raise ValidationError(error.message) from error


class ScopedAdmin(DeskAdmin):
    """Rows of a scope, which is shown by name."""

    @display(description="scope", ordering="scope_type")
    def scope(self, row: Any) -> SafeString:
        return pill(row.scope_type)

    @display(description="of", ordering="scope_name")
    def whom(self, row: Any) -> SafeString | str:
        return scopes.link(row.scope_type, row.scope_id, row.scope_name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return scopes.with_scope_names(super().get_queryset(request))


@admin.register(RiskLimit)
class RiskLimitAdmin(ScopedAdmin):
    form = LimitForm
    list_display = ("limit_type", "scope", "whom", "symbol", "limit_value", *_THRESHOLDS, "enabled", "created_at")
    list_filter = (("limit_type", ChoicesDropdownFilter), _BY_SCOPE, "enabled")
    search_fields = ("id", "scope_id", "symbol")
    ordering = ("scope_type", "-created_at")
    fieldsets = (
        ("Whom it covers", {"fields": (*_SCOPE, "symbol")}),
        ("What it limits", {"fields": ("limit_type", "limit_value", *_THRESHOLDS, "enabled")}),
    )


@admin.register(Switch)
class SwitchAdmin(ScopedAdmin, ServiceAdmin):
    """Turned, never deleted: a switch that is gone would be an active one."""

    form = ScopeForm

    list_display = ("scope", "whom", _STATE, "reason", "changed_at")
    list_filter = (("state", ChoicesDropdownFilter), _BY_SCOPE)
    search_fields = ("id", "scope_id", "reason")
    ordering = ("scope_type", "-changed_at")
    readonly_fields = ("scope", "whom", "changed_at")
    add_fieldsets = ((None, {"fields": (*_SCOPE, "state", "reason")}),)
    fieldsets = ((None, {"fields": ("scope", "whom", "state", "reason", "changed_at")}),)

    def save_model(self, request: HttpRequest, obj: Switch, form: forms.ModelForm, change: bool) -> None:
        turned = turn_switch(ScopeType(obj.scope_type), obj.scope_id, state=SwitchState(obj.state), reason=obj.reason)
        obj.pk = turned.pk


@admin.register(AccountScope)
class AccountScopeAdmin(ReadOnlyAdmin, ScopedAdmin):
    """What covers an account beside itself, its owner and the system. Groups and bots write it."""

    list_display = ("account_name", "scope", "whom")
    list_filter = (_BY_SCOPE, ("account", AutocompleteSelectFilter))
    list_select_related = ("account",)
    search_fields = ("scope_id", "account__name")
    ordering = ("account", "scope_type", "scope_id")
    fieldsets = ((None, {"fields": ("account", "scope", "whom", "scope_id")}),)

    @display(description="account", ordering="account__name")
    def account_name(self, row: AccountScope) -> str:
        return row.account.name
