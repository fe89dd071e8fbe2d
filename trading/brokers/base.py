"""What a broker is to the road."""

from collections.abc import Sequence
from typing import Protocol

from trading.tickets import Receipt, Ticket


class Broker(Protocol):
    """Places tickets and answers with one receipt each, in any order; it never raises for a single ticket.

    `inside_transaction` is true for a broker that touches no network: the road then plans, stores, places and
    applies in one transaction.
    """

    inside_transaction: bool

    def place(self, tickets: Sequence[Ticket]) -> list[Receipt]:
        """Send each ticket once. What cannot be told filled or refused is `unknown`."""
        ...
