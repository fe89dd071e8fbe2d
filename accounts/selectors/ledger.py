"""Reads the ledger: an account's rows, and whether its balance is what they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Book, TradingAccount, Transfer
from accounts.models.trading_accounts import TradingAccountQuerySet
from accounts.models.transfers import TransferQuerySet
from core.fields import MoneyField


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The stored balance against the sum of the transfers; `difference` is zero when the books are true."""

    balance: Decimal
    ledger_balance: Decimal

    @property
    def difference(self) -> Decimal:
        return self.balance - self.ledger_balance


def reconcile(account: TradingAccount) -> Reconciliation:
    """Return what `reconcile_all` returns of one account."""
    return reconcile_all([account])[account.pk]


def reconcile_all(accounts: Iterable[TradingAccount]) -> dict[UUID, Reconciliation]:
    """Add up each account's transfers in the statement that reads its balance: no other writer comes between."""
    rows = (
        TradingAccount.objects.filter(pk__in=[account.pk for account in accounts])
        .annotate(
            debits=Sum("transfers__amount", filter=Q(transfers__debit=Book.CASH)),
            credits=Sum("transfers__amount", filter=Q(transfers__credit=Book.CASH)),
        )
        .values_list("pk", "balance", "debits", "credits")
    )
    nothing = Decimal(0)
    return {
        pk: Reconciliation(balance, (debits or nothing) - (credits or nothing)) for pk, balance, debits, credits in rows
    }


def false_balances() -> TradingAccountQuerySet:
    """Return the accounts, deleted ones too, whose balance is not what their transfers add up to."""
    nothing = Value(Decimal(0), output_field=MoneyField())
    return TradingAccount.objects.annotate(
        debits=Coalesce(Sum("transfers__amount", filter=Q(transfers__debit=Book.CASH)), nothing),
        credits=Coalesce(Sum("transfers__amount", filter=Q(transfers__credit=Book.CASH)), nothing),
    ).exclude(debits=F("balance") + F("credits"))


def ledger_rows(account: TradingAccount) -> TransferQuerySet:
    """Return the account's transfers, newest first."""
    return Transfer.objects.filter(account=account).order_by("-number")
