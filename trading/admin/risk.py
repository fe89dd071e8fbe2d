"""Admin pages of risk: limits are edited, switches turned, alerts acknowledged; the rest is only read."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.models import User
from core.admin.pieces import DayRangeFilter, DeskAdmin, ReadOnlyAdmin, ServiceAdmin, ServiceForm, badge, pill
from core.errors import Invalid
from market.selectors.instruments import find_instrument
from market.symbols import UnknownSymbol
from trading.admin import scopes
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
from trading.services.risk.alerts import acknowledge_alert
from trading.services.risk.halting import halt_scope, resume_scope
from trading.services.risk.records import delete_limit, require_sense
from trading.tasks import nudge_flatten

_STATE = badge("state", {SwitchState.ACTIVE: "success", SwitchState.REDUCING: "warning", SwitchState.HALTED: "danger"})
_SEVERITY = badge("severity", {Severity.WARNING: "warning", Severity.CRITICAL: "danger", Severity.BREACH: "danger"})
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

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            for field, sentences in _nonsense(RiskLimit(**data)).items():
                self.add_error(field, list(sentences))
        return data


def _nonsense(limit: RiskLimit) -> Mapping[str, Sequence[str]]:
    try:
        require_sense(limit)
    except Invalid as refusal:
        return refusal.errors
    return {}


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
        return (obj is None or not obj.origin) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: RiskLimit, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.created_by = cast(User, request.user)
        super().save_model(request, obj, form, change)

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
    )

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trading.change_riskalert"))

    @admin.action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[RiskAlert]) -> None:
        unseen = list(queryset.filter(acknowledged_at=None).values_list("pk", flat=True))
        for alert_id in unseen:
            acknowledge_alert(alert_id, by=cast(User, request.user), now=timezone.now())
        self.message_user(request, f"{len(unseen)} acknowledged.", messages.SUCCESS)


@admin.register(Switch)
class SwitchAdmin(ScopedAdmin, ServiceAdmin):
    """Turned, never deleted: a switch that is gone would be an active one."""

    form = ScopeForm

    list_display = ("scope", "whom", _STATE, "flattening", "reason", "changed_at")
    list_filter = (("state", ChoicesDropdownFilter), "flattening", _BY_SCOPE)
    search_fields = ("id", "scope_id", "reason")
    ordering = ("scope_type", "-changed_at")
    actions = ("halt", "halt_and_flatten", "resume")
    readonly_fields = ("scope", "whom", "flattening", "changed_at")
    add_fieldsets = ((None, {"fields": (*_SCOPE, "state", "reason")}),)
    fieldsets = ((None, {"fields": ("scope", "whom", "state", "flattening", "reason", "changed_at")}),)

    @admin.action(description="Halt", permissions=["change"])
    def halt(self, request: HttpRequest, queryset: QuerySet[Switch]) -> None:
        self._turn_each(request, queryset, SwitchState.HALTED)

    @admin.action(description="Close all positions and halt", permissions=["change"])
    def halt_and_flatten(self, request: HttpRequest, queryset: QuerySet[Switch]) -> None:
        self._turn_each(request, queryset, SwitchState.REDUCING, flatten=True)

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Switch]) -> None:
        self._turn_each(request, queryset, SwitchState.ACTIVE)

    def save_model(self, request: HttpRequest, obj: Switch, form: forms.ModelForm, change: bool) -> None:
        obj.pk = _turned(obj, SwitchState(obj.state), reason=obj.reason).pk

    def _turn_each(
        self, request: HttpRequest, switches: QuerySet[Switch], state: SwitchState, *, flatten: bool = False
    ) -> None:
        for switch in switches.order_by("pk"):
            _turned(switch, state, reason=f"By {request.user} in the console.", flatten=flatten)
            self.log_change(request, switch, f"Turned to {state}{', closing all positions' if flatten else ''}.")
        self.message_user(request, f"Turned to {state}.", messages.SUCCESS)


def _turned(switch: Switch, state: SwitchState, *, reason: str, flatten: bool = False) -> Switch:
    scope_type, scope_id = ScopeType(switch.scope_type), switch.scope_id
    if state == SwitchState.ACTIVE:
        return resume_scope(scope_type, scope_id, reason=reason).switch
    how: dict[str, Any] = {"state": state, "reason": reason, "flatten": flatten}
    turned = halt_scope(scope_type, scope_id, **how, clock=timezone.now).switch
    if turned.flattening:
        transaction.on_commit(partial(nudge_flatten, turned.pk), robust=True)
    return turned


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
