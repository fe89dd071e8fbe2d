"""What operators may do to trading accounts on their page that only trading knows of: halt, end all they have going."""

from collections.abc import Iterator
from operator import attrgetter
from uuid import uuid4

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin.money import TradingAccountAdmin
from accounts.figures import figures_of
from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile_all
from core.admin.acting import one_by_one
from core.admin.confirming import Announcement, asks_first, count_each, counted, lines_of
from core.admin.pieces import printed
from trading.admin.flights import flights_of_account
from trading.admin.halting import HaltableAdmin, halting_actions
from trading.models import WORKING, ScopeType
from trading.services.terminate import terminate

MOST_SYNCED = 50


def _termination(accounts: QuerySet[TradingAccount]) -> Announcement:
    living = accounts.filter(deleted_at=None)
    count = living.count()
    sentence = (
        f"Terminate: all orders of {counted(count, 'account')} are cancelled, all positions closed at the market. "
        "Nothing is halted: what is asked next is traded."
    )
    return Announcement(sentence, lines_of(living, _going, count=count), is_possible=count > 0)


def _going(accounts: list[TradingAccount]) -> Iterator[str]:
    working = count_each(account.orders.filter(status__in=WORKING) for account in accounts)
    held = count_each(account.positions.filter(is_open=True) for account in accounts)
    for account, orders, positions in zip(accounts, working, held, strict=True):
        yield f"{account.title}: {counted(orders, 'order')} at work, {counted(positions, 'position')} open."


admin.site.unregister(TradingAccount)


@admin.register(TradingAccount)
class TradedAccountAdmin(HaltableAdmin, TradingAccountAdmin):
    """The accounts' page, with what trading can do to them."""

    actions = (
        *TradingAccountAdmin.actions,
        *halting_actions(lambda account: (ScopeType.ACCOUNT, account.pk), noun="account", name_of=attrgetter("title")),
        "terminate",
        "sync_balance",
    )

    readonly_fields = (*TradingAccountAdmin.readonly_fields, "flights")
    fieldsets = (*TradingAccountAdmin.fieldsets, ("What it was asked last", {"fields": ("flights",)}))

    @display(description="flights")
    def flights(self, account: TradingAccount) -> SafeString | str:
        return flights_of_account(account.pk)

    @admin.action(description="Terminate: cancel and close all", permissions=["halt"])
    @asks_first(_termination, button="Terminate", is_dangerous=True)
    def terminate(self, request: HttpRequest, accounts: QuerySet[TradingAccount]) -> None:
        ended = []

        def end(account: TradingAccount) -> str:
            done = terminate(account, run_id=uuid4(), clock=timezone.now)
            for left in done.errors:
                self.message_user(request, f"{account.title}: {left.symbol} is left; {left.reason}", messages.ERROR)
            if done.success:
                ended.append(account)
            return f"Terminated: {counted(done.terminated_positions, 'position')} closed."

        one_by_one(self, request, accounts.filter(deleted_at=None).order_by("pk"), end)
        self.message_user(request, f"{counted(len(ended), 'account')} terminated.", messages.SUCCESS)

    @admin.action(description="Sync the balance", permissions=["view"])
    def sync_balance(self, request: HttpRequest, accounts: QuerySet[TradingAccount]) -> None:
        """Tell what each account has now, and whether that is what its ledger adds up to."""
        living = accounts.filter(deleted_at=None)
        chosen, count = list(living[:MOST_SYNCED]), living.count()
        if count > MOST_SYNCED:
            self.message_user(request, f"The first {MOST_SYNCED} of {count} accounts were synced.", messages.WARNING)
        figures, proofs = figures_of(chosen, timezone.now()), reconcile_all(chosen)
        for account in chosen:
            proof, found = proofs[account.pk], figures[account.pk]
            said = (
                f"{account.title}: balance {printed(found.balance)}, equity {printed(found.equity)} {account.currency}"
            )
            if proof.difference:
                self.message_user(
                    request, f"{said}; the ledger differs by {printed(proof.difference)}.", messages.ERROR
                )
            else:
                self.message_user(request, f"{said}; the ledger agrees.", messages.SUCCESS)
