"""The broker of the proofs' venue: one socket write per order, and whatever is not a clear answer is unknown."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit
from uuid import UUID

from trading.models import Order
from trading.tickets import Execution, Receipt, ReceiptStatus, Ticket

TIMEOUT_SECONDS = 30
FEE = Decimal("0.5")


class VenueBroker:
    """Talks to the venue at an address; orders fill at the middle of the ticket's quote."""

    inside_transaction = False

    def __init__(self, address: str) -> None:
        self._server = urlsplit(address).netloc

    def place(self, tickets: Sequence[Ticket]) -> list[Receipt]:
        with ThreadPoolExecutor(2) as pool:
            return [receipt for receipt in pool.map(self.place_one, tickets) if receipt]

    def place_one(self, ticket: Ticket) -> Receipt | None:
        """Send one order; None where it is not known what became of it."""
        order = {
            "client_order_id": ticket.client_order_id,
            "quantity": str(ticket.quantity),
            "price": str(ticket.quote.mid),
        }
        try:
            return _receipt(self.send("POST", "/orders", json.dumps(order)), ticket.account.id, ticket.client_order_id)
        except (OSError, HTTPException):
            return None

    def cancel(self, orders: Sequence[Order]) -> list[Receipt]:
        """The venue of the proofs cancels nothing: what it works on it tells when it is asked."""
        return self.status_of(orders)

    def status_of(self, orders: Sequence[Order]) -> list[Receipt]:
        return [receipt for order in orders if (receipt := self._ask(order))]

    def send(self, method: str, path: str, body: str | None = None) -> HTTPConnection:
        """Write one request to a socket of its own; the answer is still to be read."""
        connection = HTTPConnection(self._server, timeout=TIMEOUT_SECONDS)
        connection.request(method, path, body)
        return connection

    def _ask(self, order: Order) -> Receipt | None:
        try:
            answer = self.send("GET", f"/orders/{order.client_order_id}")
            return _receipt(answer, order.account_id, order.client_order_id)
        except (OSError, HTTPException):
            return None


def _receipt(connection: HTTPConnection, account_id: UUID, client_order_id: str) -> Receipt | None:
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    if answer.status == 200 and told["status"] == "pending":
        return Receipt(client_order_id, account_id, ReceiptStatus.PENDING)
    if answer.status == 200:
        quantity, price = Decimal(told["quantity"]), Decimal(told["price"])
        execution = Execution(f"{client_order_id}-1", quantity, price, FEE, datetime.now(UTC))
        return Receipt(client_order_id, account_id, ReceiptStatus.FILLED, (execution,))
    if answer.status == 400:
        return Receipt(
            client_order_id, account_id, ReceiptStatus.REJECTED, reject_code=told["code"], reason="The venue refuses."
        )
    return None
