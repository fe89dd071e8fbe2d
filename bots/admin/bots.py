"""Admin pages of bots: made, connected, started and stopped through their services; keys are never shown again."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.admin.money import AccountsField
from bots.admin.announcements import ONE_KEY_AT_A_TIME, change_to, new_key, termination
from bots.config import BotConfig
from bots.models import Bot, BotDecision, BotStatus
from bots.services.bots import change_bot, change_status, create_bot, rotate_key, webhook_key
from bots.services.connections import set_connections
from bots.services.terminate import terminate_bot
from core.admin.acting import one_by_one
from core.admin.confirming import asks_first, counted
from core.admin.history import HistoryAdmin
from core.admin.json_objects import JSONObjectField
from core.admin.pieces import ServiceAdmin, ServiceForm, badge, list_link, pill
from core.admin.searching import RowField, RowsField, SearchingAdmin
from core.errors import Invalid
from groups.models import AccountGroup
from strategies.models import Strategy
from trading.admin import scopes
from trading.admin.flights import flights_of_bot
from trading.admin.halting import HaltableAdmin, halting_actions
from trading.models import Order, ScopeType, Signal

scopes.name_with(ScopeType.BOT, Bot, "name")

_STATUS = badge("status", {BotStatus.ACTIVE: "success", BotStatus.PAUSED: "warning", BotStatus.STOPPED: "danger"})
SETTINGS = (
    "JSON: leverage, position_size, max_lag, on_opposite, pyramiding, allow_shorts, allowed_symbols, account_sizes "
    '(of each account\'s id, {"mode": as_signalled, fixed, percent_equity, risk or multiplier, "value"}); '
    "follow_target, which brings accounts to where the strategy stands when an alert was lost; expected_every, seconds "
    "of silence that are too long; stop_loss and take_profit, percents of the entry, of what the bot's strategy opens."
)
_FIXED = ("id", "owner", "symbol", "base_name", "exchange", "created_at")


class ConfigField(JSONObjectField):
    """A bot's settings, which the bot has to understand."""

    def to_python(self, value: Any) -> Any:
        config = super().to_python(value)
        try:
            BotConfig.from_json(config)
        except Invalid as error:
            raise ValidationError([line for lines in error.errors.values() for line in lines]) from error
        return config


class BotForm(ServiceForm):
    """A bot, its settings and what it is connected to."""

    config = ConfigField(help_text=SETTINGS)
    strategy = RowField(
        Strategy.objects.living().order_by("name", "id"),
        required=False,
        help_text="Decides on each closed candle of the timeframe, where it has a rule.",
    )
    accounts = AccountsField(help_text="Accounts that the bot trades by themselves.")
    groups = RowsField(
        AccountGroup.objects.living().order_by("name", "id"),
        required=False,
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
class BotAdmin(HistoryAdmin, HaltableAdmin, SearchingAdmin, ServiceAdmin):
    form = BotForm

    list_display = ("name", "owner", "state", "symbol", "timeframe", "exchange", "connections_count", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("timeframe", ChoicesDropdownFilter),
        "base_name",
        ("owner", AutocompleteSelectFilter),
    )
    list_select_related = ("owner",)
    search_fields = ("name", "symbol", "base_name", "owner__username", "id__iexact")
    ordering = ("-created_at", "id")
    autocomplete_fields = ("owner",)
    actions = (
        *("start", "pause", "stop", "terminate"),
        *halting_actions(lambda bot: (ScopeType.BOT, bot.pk), noun="bot"),
        "rotate_webhook_key",
    )
    readonly_fields = (*_FIXED, "state", "record", "flights", "risk")
    add_fieldsets = (
        (None, {"fields": ("name", "owner", "symbol", "base_name", "exchange", "strategy", "timeframe", "config")}),
        ("Connections", {"fields": ("accounts", "groups")}),
    )
    fieldsets = (
        (
            None,
            {"fields": ("name", "state", "strategy", "timeframe", "config", "record", "flights", "risk")},
        ),
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
            "{} · {} · {}",
            list_link(Signal, "Its signals", bot_id=bot.pk),
            list_link(Order, "Its orders", bot_id=bot.pk),
            list_link(BotDecision, "Its decisions", bot=bot.pk),
        )

    @display(description="flights")
    def flights(self, bot: Bot) -> SafeString | str:
        return flights_of_bot(bot.pk)

    @display(description="risk")
    def risk(self, bot: Bot) -> SafeString:
        return scopes.links(ScopeType.BOT, bot.pk)

    @admin.action(description="Start", permissions=["change"])
    @asks_first(change_to(BotStatus.ACTIVE), button="Start")
    def start(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._change_status(request, queryset, BotStatus.ACTIVE, "Started")

    @admin.action(description="Pause", permissions=["change"])
    @asks_first(change_to(BotStatus.PAUSED), button="Pause")
    def pause(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._change_status(request, queryset, BotStatus.PAUSED, "Paused")

    @admin.action(description="Stop", permissions=["change"])
    @asks_first(change_to(BotStatus.STOPPED), button="Stop")
    def stop(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._change_status(request, queryset, BotStatus.STOPPED, "Stopped")

    @admin.action(description="Terminate: cancel and close all in its coin", permissions=["halt"])
    @asks_first(termination, button="Terminate", is_dangerous=True)
    def terminate(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        def end(bot: Bot) -> str:
            done = terminate_bot(bot, run_id=uuid4(), clock=timezone.now)
            flat = counted(done.terminated_accounts, "account")
            for left in done.errors:
                self.message_user(request, f"{bot}: {left.symbol} is left; {left.reason}", messages.ERROR)
            if done.success or done.terminated_accounts:
                said = f"{bot}: nothing of {bot.base_name} is left on {flat}."
                self.message_user(request, said, messages.SUCCESS)
            return f"Terminated on {flat}."

        one_by_one(self, request, queryset.filter(deleted_at=None).order_by("pk"), end)

    @admin.action(description="Rotate the webhook key", permissions=["change"])
    @asks_first(new_key, button="Rotate the webhook key", is_dangerous=True)
    def rotate_webhook_key(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        bots = list(queryset.filter(deleted_at=None)[:2])
        if len(bots) != 1:
            self.message_user(request, ONE_KEY_AT_A_TIME, messages.ERROR)
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
        strategy = terms.pop("strategy")
        terms["strategy_id"] = strategy.pk if strategy else None
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
        def change(bot: Bot) -> str:
            change_status(bot.pk, status)
            return f"{done}."

        if changed := one_by_one(self, request, bots.filter(deleted_at=None), change):
            self.message_user(request, f"{done}: {', '.join(map(str, changed))}.", messages.SUCCESS)

    def _show_key(self, request: HttpRequest, bot: Bot, key: str, remark: str) -> None:
        said = format_html(
            "The webhook key of {} is <code>{}</code>, its path <code>/api/v1/webhook/tradingview/{}</code>. "
            "It is shown this once. {}",
            *(bot.name, key, key, remark),
        )
        self.message_user(request, said, messages.SUCCESS)


def _ids(rows: QuerySet[Any]) -> list[Any]:
    return [row.pk for row in rows]
