"""What a broker is to the road."""

from collections.abc import Sequence
from typing import Protocol

from trading.models import Order
from trading.tickets import Receipt, Ticket


class Broker(Protocol):
    """Places tickets, and says what became of orders; it never raises for a single one.

    `inside_transaction` is true for a broker that touches no network: the road then plans, stores, places and
    applies in one transaction.
    """

    inside_transaction: bool

    def place(self, tickets: Sequence[Ticket]) -> list[Receipt]:
        """Send each ticket once; return one receipt each, in any order. Neither filled nor refused is `unknown`."""
        ...

    def cancel(self, orders: Sequence[Order]) -> list[Receipt]:
        """Ask for each order to be cancelled; return what became of it: it may have been filled meanwhile.

        Nothing for an order that the venue did not answer for: it is asked about later.
        """
        ...

    def status_of(self, orders: Sequence[Order]) -> list[Receipt]:
        """Return what the venue knows of orders that may have been sent; nothing for one that it cannot tell of."""
        ...
