"""Reads the ledger: an account's rows, and whether its balance is what they add up to."""

from dataclasses import dataclass
from decimal import Decimal

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
    """Add up the account's transfers in the statement that reads its balance: no other writer comes between."""
    row = (
        TradingAccount.objects.filter(pk=account.pk)
        .annotate(
            debits=Sum("transfers__amount", filter=Q(transfers__debit=Book.CASH)),
            credits=Sum("transfers__amount", filter=Q(transfers__credit=Book.CASH)),
        )
        .values("balance", "debits", "credits")
        .get()
    )
    return Reconciliation(row["balance"], (row["debits"] or Decimal(0)) - (row["credits"] or Decimal(0)))


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
