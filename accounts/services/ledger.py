"""Moves money: writes transfers and the balances they lead to, for many accounts at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.facts import account_message, balance_changed
from accounts.figures import figures_of
from accounts.models import Book, TradingAccount, Transfer, TransferKind
from accounts.selectors.trading_accounts import AccountMissing
from core.bulk import insert_rows, update_rows
from core.errors import AppError, Conflict
from core.exact import plain
from core.ids import fresh_ids
from core.rows import new_row
from core.streams.outbox import emit

_OTHER_BOOK = {
    TransferKind.DEPOSIT: Book.EXTERNAL,
    TransferKind.WITHDRAWAL: Book.EXTERNAL,
    TransferKind.TRADE_PNL: Book.PNL,
    TransferKind.COMMISSION: Book.FEES,
    TransferKind.FUNDING: Book.FUNDING,
    TransferKind.ADJUSTMENT: Book.ADJUSTMENT,
}
_PAID_IN_OR_OUT = (TransferKind.DEPOSIT, TransferKind.WITHDRAWAL)

# Called in the transaction that pays, with the locked accounts that money was paid into or out of, balances written.
PaymentFollower = Callable[[Sequence[TradingAccount], datetime], None]
followers: list[PaymentFollower] = []


class InsufficientFunds(AppError):
    """More is to be withdrawn than there is in cash, or than is free of margin."""

    code = "INSUFFICIENT_FUNDS"

    def __init__(self, *, asked: Decimal, available: Decimal) -> None:
        super().__init__(f"{plain(asked)} was asked for; {plain(available)} is available.")
        self.asked, self.available = asked, available


class NotPaper(AppError):
    """Money of a real exchange is moved at the exchange."""

    code = "NOT_A_PAPER_ACCOUNT"


@dataclass(frozen=True, slots=True)
class Entry:
    """One effect on one account's balance: `amount` is signed, in the account's currency, never zero."""

    account_id: UUID
    kind: TransferKind
    amount: Decimal
    reference: str


def post_entries(entries: Sequence[Entry], *, accounts: Mapping[UUID, TradingAccount], now: datetime) -> list[Transfer]:
    """Write one transfer per entry, in order, and the new balances. `accounts` are locked by the caller.

    Two statements, however many entries, and those of who follows payments. Raises IntegrityError where a reference
    is there already.
    """
    keys = fresh_ids()
    transfers = [_transfer(entry, accounts[entry.account_id], next(keys), now) for entry in entries]
    insert_rows(Transfer, transfers)
    touched = list({entry.account_id: accounts[entry.account_id] for entry in entries}.values())
    update_rows(TradingAccount, touched, ["balance", "net_deposits", "transfers_count"])
    _follow_payments(entries, accounts, now)
    return transfers


def deposit(account_id: UUID, *, amount: Decimal, reference: str, now: datetime) -> Transfer:
    """Add `amount` (more than zero) to a paper account. Raises NotPaper, AccountMissing, Conflict."""
    return _move(account_id, kind=TransferKind.DEPOSIT, amount=amount, reference=reference, now=now)


def withdraw(account_id: UUID, *, amount: Decimal, reference: str, now: datetime) -> Transfer:
    """Take `amount` (more than zero) from a paper account.

    Raises NotPaper, AccountMissing, InsufficientFunds, Conflict for a used reference.
    """
    return _move(account_id, kind=TransferKind.WITHDRAWAL, amount=-amount, reference=reference, now=now)


def _move(account_id: UUID, *, kind: TransferKind, amount: Decimal, reference: str, now: datetime) -> Transfer:
    try:
        with transaction.atomic():
            account = TradingAccount.objects.living().locked().filter(pk=account_id).first()
            if account is None:
                raise AccountMissing
            if not account.is_paper:
                raise NotPaper("Deposits and withdrawals are for paper accounts; use the exchange.")
            # Never more than the cash that is there: a profit that no trade has realised yet can still melt.
            available = min(account.balance, figures_of([account], now)[account.id].margin_available)
            if amount < 0 and available + amount < 0:
                raise InsufficientFunds(asked=-amount, available=max(available, Decimal(0)))
            entry = Entry(account.id, kind, amount, reference)
            [transfer] = post_entries([entry], accounts={account.id: account}, now=now)
            emit([account_message(account.id, [balance_changed(account)], now=now)], now=now)
            return transfer
    except IntegrityError as error:
        raise Conflict(f"The reference {reference} is in this account's ledger already.") from error


def _follow_payments(entries: Sequence[Entry], accounts: Mapping[UUID, TradingAccount], now: datetime) -> None:
    paid = dict.fromkeys(entry.account_id for entry in entries if entry.kind in _PAID_IN_OR_OUT)
    if paid:
        for follower in followers:
            follower([accounts[account_id] for account_id in paid], now)


def _transfer(entry: Entry, account: TradingAccount, key: UUID, now: datetime) -> Transfer:
    account.balance += entry.amount
    if entry.kind in _PAID_IN_OR_OUT:
        account.net_deposits += entry.amount
    account.transfers_count += 1
    other = _OTHER_BOOK[entry.kind]
    debit, credit = (Book.CASH, other) if entry.amount > 0 else (other, Book.CASH)
    return new_row(
        Transfer,
        id=key,
        account_id=account.id,
        number=account.transfers_count,
        kind=entry.kind,
        debit=debit,
        credit=credit,
        amount=abs(entry.amount),
        currency=account.currency,
        balance_after=account.balance,
        reference=entry.reference,
        created_at=now,
    )
