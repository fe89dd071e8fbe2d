"""The admin pages of money: an account is opened with a true ledger, and nothing here moves a balance."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import TradingAccount, Transfer, TransferKind, User
from accounts.selectors.ledger import reconcile
from accounts.services.ledger import withdraw
from conftest import NOW
from core.tests.asking import say_yes

ACCOUNTS = "admin:accounts_tradingaccount_changelist"
TRANSFERS = "admin:accounts_transfer_changelist"
ADD = "admin:accounts_tradingaccount_add"
CHANGE = "admin:accounts_tradingaccount_change"


@pytest.fixture
def account(tom: User, account_of: Callable[..., TradingAccount]) -> TradingAccount:
    """tom's, with 500.5 in it."""
    return account_of(tom, name="Tom's", balance="500.5")


@pytest.fixture
def opening(tom: User) -> dict[str, Any]:
    """A form that opens an account for tom."""
    terms = {"owner": tom.pk, "name": "New", "exchange": "paper", "currency": "USDT", "initial_balance": "250.50"}
    return {**terms, "max_leverage": "20", "max_daily_loss": "", "is_demo": "on"}


def _edit(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Renamed",
        "is_active": "on",
        "max_leverage": "5",
        "max_daily_loss": "40",
        "is_demo": "on",
        **changes,
    }


def test_adding_an_account_books_its_opening_deposit(operator: Client, tom: User, opening: dict[str, Any]) -> None:
    operator.post(reverse(ADD), opening)
    account = TradingAccount.objects.get()
    assert (account.owner, account.balance, account.max_leverage) == (tom, Decimal("250.5"), 20)
    assert account.transfers.get().kind == TransferKind.DEPOSIT
    assert reconcile(account).difference == 0


def test_an_account_may_be_opened_empty(operator: Client, opening: dict[str, Any]) -> None:
    operator.post(reverse(ADD), {**opening, "initial_balance": "0"})
    assert not TradingAccount.objects.get().transfers.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("initial_balance", "-1"),
        ("initial_balance", "NaN"),
        ("initial_balance", "1e30"),
        ("initial_balance", "0.000000001"),
        ("exchange", "bybit"),
        ("currency", "usd;"),
        ("max_leverage", "0"),
        ("max_leverage", "101"),
        ("max_daily_loss", "0"),
        ("max_daily_loss", "-5"),
    ],
)
def test_a_wrong_opening_is_refused_in_the_form(
    operator: Client, opening: dict[str, Any], field: str, value: str
) -> None:
    answer = operator.post(reverse(ADD), {**opening, field: value})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not TradingAccount.objects.exists()


def test_a_refused_venue_stands_at_its_field(operator: Client, opening: dict[str, Any]) -> None:
    answer = operator.post(reverse(ADD), {**opening, "exchange": "bybit"})
    assert "bybit" in answer.context["adminform"].form.errors["exchange"][0]


def test_an_account_can_be_edited(operator: Client, account: TradingAccount) -> None:
    operator.post(reverse(CHANGE, args=[account.pk]), _edit())
    account.refresh_from_db()
    assert (account.name, account.max_leverage, account.max_daily_loss) == ("Renamed", 5, Decimal(40))


def test_an_edit_writes_only_what_was_edited(operator: Client, account: TradingAccount) -> None:
    with CaptureQueriesContext(connection) as queries:
        operator.post(reverse(CHANGE, args=[account.pk]), _edit(balance="999", owner=account.pk, is_active=""))
    update = next(each["sql"] for each in queries if each["sql"].startswith('UPDATE "accounts_tradingaccount"'))
    assert '"is_active"' in update
    assert '"balance"' not in update
    assert '"is_demo"' not in update


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_deleted_account_stays_as_it_is(operator: Client, account: TradingAccount, page: str) -> None:
    TradingAccount.objects.update(deleted_at=NOW)
    answer = operator.post(reverse(f"admin:accounts_tradingaccount_{page}", args=[account.pk]), _edit(post="yes"))
    assert answer.status_code == 403
    assert TradingAccount.objects.get().name == "Tom's"


def test_no_account_is_deleted(operator: Client, account: TradingAccount) -> None:
    address = reverse("admin:accounts_tradingaccount_delete", args=[account.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 403
    operator.post(reverse(ACCOUNTS), {"action": "delete_selected", "_selected_action": [account.pk], "post": "yes"})
    assert TradingAccount.objects.exists()


def test_accounts_are_deactivated_and_activated(operator: Client, account: TradingAccount) -> None:
    def is_active_after(action: str) -> bool:
        say_yes(operator, reverse(ACCOUNTS), {"action": action, "_selected_action": [account.pk]})
        return TradingAccount.objects.get().is_active

    assert (is_active_after("deactivate"), is_active_after("activate")) == (False, True)


def test_a_deleted_account_is_not_switched(operator: Client, account: TradingAccount) -> None:
    TradingAccount.objects.update(deleted_at=NOW)
    say_yes(operator, reverse(ACCOUNTS), {"action": "deactivate", "_selected_action": [account.pk]})
    assert TradingAccount.objects.get().is_active
    assert not LogEntry.objects.exists()


def test_an_action_says_and_logs_what_it_changed(operator: Client, account: TradingAccount) -> None:
    page = say_yes(operator, reverse(ACCOUNTS), {"action": "deactivate", "_selected_action": [account.pk]})
    assert "1 now inactive." in page.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Made inactive."


def test_a_balance_has_no_trailing_zeros(operator: Client, account: TradingAccount) -> None:
    page = operator.get(reverse(ACCOUNTS)).content.decode()
    assert '<div class="decimal">500.5</div>' in page


def test_the_page_of_an_account_leads_to_its_transfers(operator: Client, account: TradingAccount) -> None:
    address = f"{reverse(TRANSFERS)}?account__id__exact={account.pk}"
    assert f'href="{address}"' in operator.get(reverse(CHANGE, args=[account.pk])).content.decode()
    assert operator.get(address).context["cl"].result_count == 1


def test_a_withdrawal_is_shown_signed(operator: Client, account: TradingAccount) -> None:
    withdraw(account.pk, amount=Decimal("0.50"), reference="cash", now=NOW)
    page = operator.get(reverse(TRANSFERS), {"q": "cash"}).content.decode()
    assert '<div class="decimal">-0.5</div>' in page
    assert '<div class="decimal">500</div>' in page


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"kind__exact": "deposit"}, 1),
        ({"kind__exact": "funding"}, 0),
        ({"created_at_from": "2026-03-02", "created_at_to": "2026-03-02"}, 1),
        ({"created_at_to": "2026-03-01"}, 0),
        ({"created_at_from": "2026-03-03"}, 0),
        ({"created_at_from": "nonsense"}, 1),
        ({"q": "opening"}, 1),
        ({"q": "other"}, 0),
    ],
)
def test_transfers_are_found(operator: Client, account: TradingAccount, params: dict[str, str], found: int) -> None:
    assert operator.get(reverse(TRANSFERS), params).context["cl"].result_count == found


def test_the_last_day_of_a_range_belongs_to_it(operator: Client, account: TradingAccount) -> None:
    late = NOW.replace(hour=23, minute=59, second=59, microsecond=999_999)
    withdraw(account.pk, amount=Decimal(1), reference="late", now=late)
    withdraw(account.pk, amount=Decimal(1), reference="next day", now=late + timedelta(microseconds=1))
    day = {"created_at_from": "2026-03-02", "created_at_to": "2026-03-02"}
    assert operator.get(reverse(TRANSFERS), day).context["cl"].result_count == 2


@pytest.mark.parametrize("page", ["change", "delete"])
def test_the_ledger_is_only_read(operator: Client, account: TradingAccount, page: str) -> None:
    before = Transfer.objects.values().get()
    address = reverse(f"admin:accounts_transfer_{page}", args=[before["id"]])
    assert operator.post(address, {"amount": "1", "post": "yes"}).status_code == 403
    assert Transfer.objects.values().get() == before


def test_nothing_is_added_to_the_ledger_by_hand(operator: Client, account: TradingAccount) -> None:
    form = {"account": account.pk, "kind": "deposit", "debit": "cash", "credit": "external", "amount": "5"}
    assert operator.post(reverse("admin:accounts_transfer_add"), form).status_code == 403
    assert Transfer.objects.count() == 1
