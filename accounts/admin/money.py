"""Admin pages of money: accounts are opened and shut, never deleted; the ledger is only read."""

from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import TradingAccount, Transfer, TransferKind
from accounts.services.trading_accounts import change_account, open_account
from core.admin.acting import one_by_one
from core.admin.confirming import Announcement, asks_first, counted, lines_of
from core.admin.exporting import export_csv
from core.admin.history import HistoryAdmin
from core.admin.pieces import (
    DayRangeFilter,
    DecimalInput,
    ReadOnlyAdmin,
    ServiceAdmin,
    ServiceForm,
    badge,
    decimal_column,
    list_link,
    pill,
)
from core.admin.searching import RowsField
from core.exact import MONEY_SCALE

_KIND = badge(
    "kind",
    {
        TransferKind.DEPOSIT: "success",
        TransferKind.WITHDRAWAL: "warning",
        TransferKind.TRADE_PNL: "info",
        TransferKind.ADJUSTMENT: "danger",
    },
)
_AMOUNT = decimal_column("signed_amount", description="amount")
_FIXED = ("id", "owner", "exchange", "currency", "created_at")


class AccountsField(RowsField):
    """Chooses among the living accounts; names alone do not tell them apart."""

    def __init__(self, **kwargs: Any) -> None:
        accounts = TradingAccount.objects.living().select_related("owner").order_by("name", "id")
        super().__init__(accounts, required=False, **kwargs)

    def label_from_instance(self, obj: TradingAccount) -> str:
        return f"{obj.title} · {obj.exchange} {obj.currency}"


class OpenAccountForm(ServiceForm):
    """What an account is opened with."""

    currency = forms.RegexField(
        r"^[A-Z0-9]{2,12}\Z", initial="USDT", widget=UnfoldAdminTextInputWidget, help_text="Capital letters and digits."
    )
    initial_balance = DecimalInput(
        min_value=Decimal(0),
        max_digits=18,  # whatever has no more of them fits the 64 bits of the ledger
        decimal_places=MONEY_SCALE,
        initial=lambda: settings.DEFAULT_ACCOUNT_BALANCE,
        help_text="Booked as the opening deposit.",
    )


def _deactivation(accounts: QuerySet[TradingAccount]) -> Announcement:
    active = accounts.filter(deleted_at=None, is_active=True)
    count = active.count()
    sentence = (
        f"Deactivate {counted(count, 'account')}: nothing is opened there until they are active again. "
        "What they hold stays, with its stops and targets."
    )
    return Announcement(
        sentence, lines_of(active, partial(map, attrgetter("title")), count=count), is_possible=count > 0
    )


@admin.register(TradingAccount)
class TradingAccountAdmin(HistoryAdmin, ServiceAdmin):
    list_display = ("name", "owner", "exchange", "currency", "balance", "state", "created_at")
    list_filter = ("is_active", "is_demo", "exchange", "currency", ("owner", AutocompleteSelectFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "owner__email", "id__iexact")
    ordering = ("-created_at", "id")
    autocomplete_fields = ("owner",)
    actions: tuple[Any, ...] = ("activate", "deactivate")
    readonly_fields: tuple[Any, ...] = (*_FIXED, "balance", "is_testnet", "state", "transfers")
    add_fieldsets = (
        (None, {"fields": ("owner", "name", "exchange", "currency", "initial_balance")}),
        ("Rules", {"fields": ("max_leverage", "max_daily_loss", "is_demo")}),
    )
    fieldsets: tuple[Any, ...] = (
        (None, {"fields": ("name", "state", "is_active", "balance", "transfers")}),
        ("Rules", {"fields": ("max_leverage", "max_daily_loss", "is_demo", "is_testnet")}),
        ("Fixed when it was opened", {"fields": _FIXED}),
    )

    @display(description="state", ordering="is_active")
    def state(self, account: TradingAccount) -> SafeString:
        if account.deleted_at is not None:
            return pill("deleted", "danger")
        return pill("active", "success") if account.is_active else pill("inactive", "warning")

    @display(description="ledger")
    def transfers(self, account: TradingAccount) -> SafeString:
        return list_link(Transfer, f"Transfers: {account.transfers_count}", account__id__exact=account.pk)

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[TradingAccount]) -> None:
        self._switch(request, queryset, is_active=True)

    @admin.action(description="Deactivate", permissions=["change"])
    @asks_first(_deactivation, button="Deactivate", is_dangerous=True)
    def deactivate(self, request: HttpRequest, queryset: QuerySet[TradingAccount]) -> None:
        self._switch(request, queryset, is_active=False)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = OpenAccountForm if obj is None else self.form
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def has_change_permission(self, request: HttpRequest, obj: TradingAccount | None = None) -> bool:
        return (obj is None or obj.deleted_at is None) and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: TradingAccount, form: forms.ModelForm, change: bool) -> None:
        if change:
            change_account(obj, {name: form.cleaned_data[name] for name in form.changed_data})
        else:
            obj.pk = open_account(now=timezone.now(), **form.cleaned_data).pk

    def _switch(self, request: HttpRequest, accounts: QuerySet[TradingAccount], *, is_active: bool) -> None:
        state = "active" if is_active else "inactive"

        def switch(account: TradingAccount) -> str:
            change_account(account, {"is_active": is_active})
            return f"Made {state}."

        switched = one_by_one(self, request, accounts.filter(deleted_at=None).order_by("pk"), switch)
        self.message_user(request, f"{len(switched)} now {state}.", messages.SUCCESS)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The ledger. Rows are read; the database refuses the rest too."""

    actions = (export_csv,)
    list_display = ("created_at", "account", _KIND, _AMOUNT, "currency", "balance_after", "reference")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("created_at", DayRangeFilter),
    )
    list_select_related = ("account",)
    search_fields = ("reference", "id", "account__name")
    ordering = ("-created_at", "-number", "id")
    fieldsets = (
        (
            None,
            {"fields": (("id", "number"), ("account", _KIND), (_AMOUNT, "currency"), ("balance_after", "reference"))},
        ),
        ("Books", {"fields": (("debit", "credit"), ("amount", "created_at"))}),
    )
