"""Ends all that an account has going: its working orders are cancelled, then its positions closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import TradingAccount
from core.clock import Clock
from trading.models import WORKING, Order
from trading.services.cancel import cancel_orders
from trading.services.flatten import Closing, closing_of, flatten, orders_of_run

WHY_CANCELLED = "The account was terminated."


@dataclass(frozen=True, slots=True)
class Termination:
    """How many positions are closed, and what is still there."""

    terminated_positions: int
    errors: list[Closing]

    @property
    def success(self) -> bool:
        return not self.errors


def terminate(
    account: TradingAccount, *, run_id: UUID, clock: Clock, stored: Callable[[Termination], None] | None = None
) -> Termination:
    """Cancel the working orders of an account and close all its positions, whatever is switched off.

    An order that its venue did not let go of is told as one that is still there.
    `stored` is called with what is known in the transaction that stores the closing orders; where there is none to
    store it is not called. Whatever fails is raised, and may be tried again: what is closed stays closed.
    """

    working = Order.objects.filter(account=account, status__in=WORKING).values_list("pk", flat=True)
    cancelled = cancel_orders(list(working), reason=WHY_CANCELLED, clock=clock)
    kept = [closing_of(order) for order in cancelled if order.status in WORKING]

    def told(closings: list[Closing]) -> None:
        if stored is not None:
            stored(_termination(closings, kept))

    return _termination(flatten([account.id], clock=clock, run_id=run_id, stored=told), kept)


def termination_so_far(run_id: UUID, account_id: UUID) -> Termination:
    """Return what became by now of a run that may have died, and which other orders are still at work."""
    closings = orders_of_run(run_id, account_id)
    closing_ids = [closing.order.id for closing in closings if closing.order is not None]
    others = Order.objects.filter(account=account_id, status__in=WORKING).exclude(pk__in=closing_ids)
    return _termination(closings, [closing_of(order) for order in others.select_related("instrument")])


def _termination(closings: Sequence[Closing], kept: Sequence[Closing]) -> Termination:
    errors = [closing for closing in closings if not closing.is_closed]
    return Termination(len(closings) - len(errors), [*errors, *kept])
