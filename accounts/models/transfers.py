"""The ledger: one row is one transfer between two books of an account."""

import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models

from accounts.models.reach import ReachQuerySet
from accounts.models.trading_accounts import TradingAccount
from accounts.models.users import User
from core.fields import MoneyField


class Book(models.TextChoices):
    """The books of an account. `cash` is its balance; the others say where money came from or went."""

    CASH = "cash"
    EXTERNAL = "external"
    PNL = "pnl"
    FEES = "fees"
    FUNDING = "funding"
    ADJUSTMENT = "adjustment"


class TransferKind(models.TextChoices):
    """Why money moved."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRADE_PNL = "trade_pnl"
    COMMISSION = "commission"
    FUNDING = "funding"
    ADJUSTMENT = "adjustment"


class LedgerIsAppendOnly(TypeError):
    """Code tried to change, delete or silently skip ledger rows."""


class TransferQuerySet(ReachQuerySet["Transfer"]):
    """Reads the ledger. What would change it raises; the database refuses it too."""

    def rows_shown_to(self, user: User) -> models.Q:
        """Rows of the accounts that `user` may read; they are nobody's to change."""
        return models.Q(account__in=TradingAccount.objects.visible_to(user))

    def bulk_create(  # type: ignore[override]
        self,
        objs: Iterable["Transfer"],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        **kwargs: Any,
    ) -> Any:
        if ignore_conflicts or update_conflicts:
            raise LedgerIsAppendOnly("A ledger row is never skipped or replaced.")
        return super().bulk_create(objs, batch_size, **kwargs)

    def update(self, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger rows are never changed; write a transfer that corrects them.")

    def delete(self) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger rows are never deleted; write a transfer that corrects them.")


class Transfer(models.Model):
    """`amount` (always more than zero, in `currency`) moved from the book `credit` to the book `debit`.

    One of the two books is cash: a row that debits it raises the balance, one that credits it lowers it.
    `number` counts the account's rows from 1 without holes; `balance_after` is the balance once this row stands.
    Written by services/ledger.py; never changed, never deleted, enforced by triggers (ledger_triggers.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="transfers")
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=12, choices=TransferKind)
    debit = models.CharField(max_length=12, choices=Book)
    credit = models.CharField(max_length=12, choices=Book)
    amount = MoneyField()
    currency = models.CharField(max_length=12)
    balance_after = MoneyField()
    reference = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["account", "number"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(
                condition=(models.Q(debit=Book.CASH) | models.Q(credit=Book.CASH))
                & ~models.Q(debit=models.F("credit")),
                name="transfer_cash_and_another_book",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=TransferKind.values, debit__in=Book.values, credit__in=Book.values),
                name="transfer_kind_and_books_known",
            ),
            models.UniqueConstraint(fields=["account", "kind", "reference"], name="transfer_reference_once"),
            models.UniqueConstraint(fields=["account", "number"], name="transfer_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount.normalize():f} {self.currency}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding or kwargs.get("force_update") or kwargs.get("update_fields"):
            raise LedgerIsAppendOnly("Ledger rows are never changed; write a transfer that corrects them.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger rows are never deleted; write a transfer that corrects them.")

    @property
    def signed_amount(self) -> Any:
        """The effect on the balance: positive where cash is debited."""
        return self.amount if self.debit == Book.CASH else -self.amount
