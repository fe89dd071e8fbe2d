"""What passes between the steps of the road: proposals, tickets, refusals, receipts."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.models import TradingAccount
from market.models import Instrument
from market.quotes import Quote
from trading.models import OrderOrigin, OrderSide, OrderType, TimeInForce
from trading.pricing import FillTerms
from trading.sizes import Distance, Size

Trace = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One order that somebody wants on one account, before sizing and checks.

    Exactly one of `quantity` (base units, on lot) and `size` (to be computed and rounded down) is given. A proposal
    that `protects` passes every switch. `client_order_id` is what makes it happen once. `at` is the quote that it is
    traded on where that is not the newest: the one that its trigger met.
    """

    account_id: UUID
    instrument: Instrument
    side: OrderSide
    leverage: int
    client_order_id: str
    quantity: Decimal | None = None
    size: Size | None = None
    order_type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    protects: bool = False
    stop_loss: Distance | None = None
    take_profit: Distance | None = None
    signal_id: UUID | None = None
    bot_id: UUID | None = None
    leg: int = 1
    origin: OrderOrigin = OrderOrigin.REQUEST
    at: Quote | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sized, checked order for one account: what a broker is given.

    `quote` is what it was planned on, `terms` what all of it would be filled at on paper, `at_once` how much of it
    that quote fills, at `terms_at_once`: nothing of an order that rests.
    """

    proposal: Proposal
    account: TradingAccount
    quantity: Decimal
    quote: Quote
    terms: FillTerms
    at_once: Decimal
    terms_at_once: FillTerms
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trace: Trace = field(default_factory=list)

    @property
    def client_order_id(self) -> str:
        return self.proposal.client_order_id


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal that became no order: the code for programs, the sentence for people, the arithmetic so far.

    `field` names the one that the caller should have given otherwise, where it is one.
    """

    proposal: Proposal
    code: str
    reason: str
    trace: Trace = field(default_factory=list)
    field: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What PLAN made of proposals: each became a ticket or a refusal."""

    tickets: list[Ticket]
    refusals: list[Refusal]


def hashed_id(*parts: object) -> str:
    """Return a client order id made of what an order is for: 32 characters of a–f 0–9, always the same."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


class ReceiptStatus(StrEnum):
    """What a broker says of a ticket. `unknown`: it may or may not have happened."""

    FILLED = "filled"
    PARTIALLY_FILLED = "partially_filled"
    PENDING = "pending"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill as the broker reports it; `commission` in settlement currency, never negative."""

    venue_fill_id: str
    quantity: Decimal
    price: Decimal
    commission: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A broker's answer to one ticket."""

    client_order_id: str
    account_id: UUID
    status: ReceiptStatus
    executions: tuple[Execution, ...] = ()
    venue_order_id: str = ""
    reject_code: str = ""
    reason: str = ""
