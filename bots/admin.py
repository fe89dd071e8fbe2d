"""Admin pages of bots: made, connected, started and stopped through their services; keys are never shown again."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Count, QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework.exceptions import ParseError
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from accounts.admin.money import AccountsField
from bots.config import BotConfig
from bots.models import Bot, BotStatus
from bots.services.bots import WrongState, change_bot, change_status, create_bot, rotate_key, webhook_key
from bots.services.connections import set_connections
from core.admin.pieces import ServiceAdmin, ServiceForm, badge, list_link, pill
from core.api.parsers import read_json
from core.errors import Invalid
from core.exact import NotExact
from core.free_json import as_kept
from groups.models import AccountGroup
from trading.admin import scopes
from trading.models import Order, ScopeType, Signal

scopes.name_with(ScopeType.BOT, Bot, "name")

_STATUS = badge("status", {BotStatus.ACTIVE: "success", BotStatus.PAUSED: "warning", BotStatus.STOPPED: "danger"})
SETTINGS = (
    "JSON: leverage, position_size, max_lag, on_opposite, pyramiding, allow_shorts, allowed_symbols, account_sizes "
    '(of each account\'s id, {"mode": as_signalled, fixed, percent_equity, risk or multiplier, "value"}).'
)
_FIXED = ("id", "owner", "symbol", "base_name", "exchange", "strategy_id", "created_at")


class ConfigField(forms.JSONField):
    """A bot's settings, read as strictly as the API reads them and understood by the bot."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 8})
        super().__init__(encoder=DjangoJSONEncoder, required=False, widget=widget, initial=dict, **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            config = as_kept(read_json(value.encode())) if isinstance(value, str) and value.strip() else value or {}
        except ParseError as error:
            raise ValidationError(str(error.detail)) from error
        except NotExact as error:
            raise ValidationError(str(error)) from error
        if not isinstance(config, dict):
            raise ValidationError("The settings are a JSON object.")
        try:
            BotConfig.from_json(config)
        except Invalid as error:
            raise ValidationError([line for lines in error.errors.values() for line in lines]) from error
        return config

    def bound_data(self, data: Any, initial: Any) -> Any:
        return InvalidJSONInput(data or "")  # shown as it was typed

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False, cls=self.encoder)


class BotForm(ServiceForm):
    """A bot, its settings and what it is connected to."""

    config = ConfigField(help_text=SETTINGS)
    accounts = AccountsField(help_text="Accounts that the bot trades by themselves.")
    groups = forms.ModelMultipleChoiceField(
        AccountGroup.objects.living(),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Groups whose members it trades, those that join later too.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accounts"].initial, self.fields["groups"].initial = connected_to(self.instance)
        for name in ("symbol", "base_name"):
            if name in self.fields:
                self.fields[name].required = False


def connected_to(bot: Bot) -> tuple[list[Any], list[Any]]:
    """Return the ids of the living accounts and of the groups that a bot is connected to."""
    if bot._state.adding:
        return [], []
    accounts = bot.connections.filter(account__deleted_at=None).exclude(account=None)
    groups = bot.connections.exclude(group=None)
    return list(accounts.values_list("account", flat=True)), list(groups.values_list("group", flat=True))


@admin.register(Bot)
class BotAdmin(ServiceAdmin):
    form = BotForm

    list_display = ("name", "owner", "state", "symbol", "timeframe", "exchange", "connections_count", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("timeframe", ChoicesDropdownFilter),
        "base_name",
        ("owner", AutocompleteSelectFilter),
    )
    list_select_related = ("owner",)
    search_fields = ("name", "symbol", "base_name", "owner__username", "id")
    ordering = ("-created_at", "id")
    autocomplete_fields = ("owner",)
    actions = ("start", "pause", "stop", "rotate_webhook_key")
    readonly_fields = (*_FIXED, "state", "record", "risk")
    add_fieldsets = (
        (None, {"fields": ("name", "owner", "symbol", "base_name", "exchange", "timeframe", "config")}),
        ("Connections", {"fields": ("accounts", "groups")}),
    )
    fieldsets = (
        (None, {"fields": ("name", "state", "timeframe", "config", "record", "risk")}),
        ("Connections", {"fields": ("accounts", "groups")}),
        ("Fixed when it was made", {"fields": _FIXED}),
    )

    @display(description="status", ordering="status")
    def state(self, bot: Bot) -> SafeString:
        return pill("deleted", "danger") if bot.deleted_at else _STATUS(bot)

    @display(description="connections", ordering="connections_count")
    def connections_count(self, bot: Bot) -> int:
        return bot.connections_count  # type: ignore[attr-defined]

    @display(description="record")
    def record(self, bot: Bot) -> SafeString:
        return format_html(
            "{} · {}", list_link(Signal, "Its signals", bot_id=bot.pk), list_link(Order, "Its orders", bot_id=bot.pk)
        )

    @display(description="risk")
    def risk(self, bot: Bot) -> SafeString:
        return scopes.links(ScopeType.BOT, bot.pk)

    @admin.action(description="Start", permissions=["change"])
    def start(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._change_status(request, queryset, BotStatus.ACTIVE, "Started")

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._change_status(request, queryset, BotStatus.PAUSED, "Paused")

    @admin.action(description="Stop", permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._change_status(request, queryset, BotStatus.STOPPED, "Stopped")

    @admin.action(description="Rotate the webhook key", permissions=["change"])
    def rotate_webhook_key(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        bots = list(queryset.filter(deleted_at=None)[:2])
        if len(bots) != 1:
            self.message_user(request, "Select one bot: its new key is shown once.", messages.ERROR)
            return
        bot, key = rotate_key(bots[0].pk, now=timezone.now())
        self.log_change(request, bot, "Rotated the webhook key.")
        self._show_key(request, bot, key, "The old one works ten minutes more.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bot]:
        return super().get_queryset(request).annotate(connections_count=Count("connections"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def has_change_permission(self, request: HttpRequest, obj: Bot | None = None) -> bool:
        return (obj is None or obj.deleted_at is None) and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Bot, form: forms.ModelForm, change: bool) -> None:
        terms = dict(form.cleaned_data)
        accounts, groups = terms.pop("accounts"), terms.pop("groups")
        if change:
            gone = dict.fromkeys(form.initial["config"])
            change_bot(obj.pk, {**terms, "config": {**gone, **terms["config"]}}, now=timezone.now())
            set_connections(obj, accounts=_ids(accounts), groups=_ids(groups))
            return
        bot = create_bot(**terms)
        obj.pk = bot.pk
        set_connections(bot, accounts=_ids(accounts), groups=_ids(groups))
        self._show_key(request, bot, webhook_key(bot), "Rotate it when it is lost.")

    def _change_status(self, request: HttpRequest, bots: QuerySet[Bot], status: BotStatus, done: str) -> None:
        changed = []
        for bot in bots.filter(deleted_at=None):
            try:
                change_status(bot.pk, status)
            except WrongState as refusal:
                self.message_user(request, f"{bot.name}: {refusal.message}", messages.ERROR)
                continue
            self.log_change(request, bot, f"{done}.")
            changed.append(bot.name)
        if changed:
            self.message_user(request, f"{done}: {', '.join(changed)}.", messages.SUCCESS)

    def _show_key(self, request: HttpRequest, bot: Bot, key: str, remark: str) -> None:
        said = format_html(
            "The webhook key of {} is <code>{}</code>, its path <code>/api/v1/webhook/tradingview/{}</code>. "
            "It is shown this once. {}",
            *(bot.name, key, key, remark),
        )
        self.message_user(request, said, messages.SUCCESS)


def _ids(rows: QuerySet[Any]) -> list[Any]:
    return [row.pk for row in rows]
