"""Admin pages of risk: limits are edited, switches turned, alerts acknowledged; the rest is only read."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from core.admin.history import HistoryAdmin
from core.admin.pieces import DayRangeFilter, DeskAdmin, ReadOnlyAdmin, ServiceAdmin, ServiceForm, badge, pill
from market.selectors.instruments import find_instrument
from market.symbols import UnknownSymbol
from trading.admin import scopes
from trading.admin.flights import flights_before
from trading.admin.halting import HaltableAdmin, Scope, halting_actions, turned
from trading.models import (
    AccountScope,
    LimitMark,
    RiskAlert,
    RiskLimit,
    ScopeType,
    Severity,
    Switch,
    SwitchState,
)
from trading.services.risk.alerts import acknowledge_alerts
from trading.services.risk.records import change_limit, delete_limit, set_limit

_STATE = badge("state", {SwitchState.ACTIVE: "success", SwitchState.REDUCING: "warning", SwitchState.HALTED: "danger"})
_SEVERITY = badge("severity", {Severity.WARNING: "warning", Severity.CRITICAL: "danger", Severity.BREACH: "danger"})
_SCOPE = ("scope_type", "scope_id")
_THRESHOLDS = ("warning_threshold", "critical_threshold")
_BY_SCOPE = ("scope_type", ChoicesDropdownFilter)


class WhomField(forms.CharField):
    """Whom a scope covers, by name or by id."""

    widget = UnfoldAdminTextInputWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial and str(initial), data)


class ScopeForm(ServiceForm):
    """A form whose scope must name something that is there."""

    scope_id = WhomField(label="of", required=False, help_text="Its name or its id; nothing where it is the system.")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        scope_type = data.get("scope_type")
        if scope_type and not self.errors:
            try:
                data["scope_id"] = _whom(scope_type, data["scope_id"])
            except ValidationError as error:
                self.add_error("scope_id", error)
        return data


def _whom(scope_type: str, text: str) -> UUID | None:
    """Return the id of whom a scope covers. Raises ValidationError where it is not exactly one."""
    if scope_type == ScopeType.SYSTEM:
        if text:
            raise ValidationError("The system has no name: leave it empty.")
        return None
    found = scopes.ids_of(scope_type, text)
    if len(found) > 1:
        raise ValidationError(f"More than one {scope_type} is called so: give its id, which its page's address names.")
    if not found:
        raise ValidationError(f"There is no {scope_type} of this name or id.")
    return found[0]


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
class RiskLimitAdmin(HistoryAdmin, ScopedAdmin, ServiceAdmin):
    """Edited, unless it follows something else: then it is changed there."""

    form = LimitForm
    list_display = (
        *("limit_type", "scope", "whom", "symbol", "limit_value", *_THRESHOLDS),
        *("flatten_on_breach", "enabled", "origin", "created_at"),
    )
    list_filter = (("limit_type", ChoicesDropdownFilter), _BY_SCOPE, "enabled", "flatten_on_breach", "origin")
    search_fields = ("id", "scope_id", "symbol")
    ordering = ("scope_type", "-created_at")
    fieldsets = (
        ("Whom it covers", {"fields": (*_SCOPE, "symbol")}),
        ("What it limits", {"fields": ("limit_type", "limit_value", *_THRESHOLDS, "flatten_on_breach", "enabled")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: RiskLimit | None = None) -> bool:
        return (obj is None or not obj.origin) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: RiskLimit | None = None) -> bool:
        return (obj is None or not obj.origin) and super(ServiceAdmin, self).has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: RiskLimit, form: forms.ModelForm, change: bool) -> None:
        if change:
            change_limit(obj.pk, {name: form.cleaned_data[name] for name in form.changed_data})
        else:
            obj.pk = set_limit(created_by=cast(User, request.user), **form.cleaned_data).pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        # A mark is nobody's to delete, and goes with its limit.
        shown, counts, needed, protected = super().get_deleted_objects(objs, request)
        return shown, counts, needed - {LimitMark._meta.verbose_name}, protected

    def delete_model(self, request: HttpRequest, obj: RiskLimit) -> None:
        delete_limit(obj.pk, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RiskLimit]) -> None:
        for limit_id in queryset.order_by("pk").values_list("pk", flat=True):
            delete_limit(limit_id, now=timezone.now())


@admin.register(LimitMark)
class LimitMarkAdmin(ReadOnlyAdmin):
    """What losses are measured from. The risk monitor writes it."""

    list_display = ("limit", "day", "day_pnl", "month_pnl", "peak_pnl", "pnl", "equity", "measured_at")
    list_filter = (("limit__limit_type", ChoicesDropdownFilter), ("measured_at", DayRangeFilter))
    list_select_related = ("limit",)
    search_fields = ("limit__id", "limit__scope_id")
    ordering = ("-measured_at", "limit")
    fieldsets = ((None, {"fields": list_display}),)


@admin.register(RiskAlert)
class RiskAlertAdmin(ReadOnlyAdmin, ScopedAdmin):
    """Raised and cleared by the risk monitor, acknowledged by people."""

    list_display = (
        *("triggered_at", _SEVERITY, "limit_type", "scope", "whom", "account", "symbol", "message"),
        *("cleared_at", "acknowledged_at"),
    )
    list_filter = (
        ("severity", ChoicesDropdownFilter),
        ("limit_type", ChoicesDropdownFilter),
        _BY_SCOPE,
        ("cleared_at", EmptyFieldListFilter),
        ("acknowledged_at", EmptyFieldListFilter),
        ("account", AutocompleteSelectFilter),
        ("triggered_at", DayRangeFilter),
    )
    list_select_related = ("account",)
    search_fields = ("id", "scope_id", "symbol", "message", "account__name")
    ordering = ("-triggered_at", "id")
    actions = ("acknowledge",)
    fieldsets = (
        (None, {"fields": ("id", _SEVERITY, "message", "current_value", "limit_value")}),
        ("Whom it is about", {"fields": ("scope", "whom", "account", "symbol", "limit_type", "limit")}),
        ("When", {"fields": ("triggered_at", "cleared_at", "acknowledged_at", "acknowledged_by")}),
        ("What its accounts were asked in the day before", {"fields": ("flights",)}),
    )

    @display(description="flights")
    def flights(self, alert: RiskAlert) -> SafeString | str:
        return flights_before(alert)

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trading.change_riskalert"))

    @admin.action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[RiskAlert]) -> None:
        chosen = queryset.values_list("pk", flat=True)
        seen = acknowledge_alerts(chosen, by=cast(User, request.user), now=timezone.now())
        self.message_user(request, f"{seen} acknowledged.", messages.SUCCESS)


def _scope_of(switch: Switch) -> Scope:
    return ScopeType(switch.scope_type), switch.scope_id


def _name_of(switch: Any) -> str:
    return f"{ScopeType(switch.scope_type).label} {switch.scope_name or ''}".strip()


@admin.register(Switch)
class SwitchAdmin(HistoryAdmin, HaltableAdmin, ScopedAdmin, ServiceAdmin):
    """Turned, never deleted: a switch that is gone would be an active one."""

    form = ScopeForm

    list_display = ("scope", "whom", _STATE, "flattening", "reason", "changed_at")
    list_filter = (("state", ChoicesDropdownFilter), "flattening", _BY_SCOPE)
    search_fields = ("id", "scope_id", "reason")
    ordering = ("scope_type", "-changed_at")
    actions = halting_actions(_scope_of, noun="scope", name_of=_name_of)
    readonly_fields = ("scope", "whom", "flattening", "changed_at")
    add_fieldsets = ((None, {"fields": (*_SCOPE, "state", "reason")}),)
    fieldsets = ((None, {"fields": ("scope", "whom", "state", "flattening", "reason", "changed_at")}),)

    def save_model(self, request: HttpRequest, obj: Switch, form: forms.ModelForm, change: bool) -> None:
        obj.pk = turned(_scope_of(obj), SwitchState(obj.state), reason=obj.reason).pk


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
