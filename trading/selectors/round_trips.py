"""Round trips as the sandbox shows them, and what they come to together. Money in quote currency, net of fees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Count, F, Q, Sum

from accounts.models import TradingAccount
from market.models import Instrument
from trading.models import Position, PositionSide
from trading.models.querysets import PositionQuerySet
from trading.selectors.positions import MarkedPosition, mark_positions

_PRICE = Decimal("0.0000000001")
_PERCENT = Decimal("0.01")
# Signed: what the price brought and funding brought, less all fees.
_NET = F("realized_pnl") + F("funding") - F("fee")


class RoundTripStatus(models.TextChoices):
    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A long position, from its first buy to its last sale. Profit is None where there is no price to mark it to."""

    marked: MarkedPosition

    @property
    def id(self) -> UUID:
        return self._position.id

    @property
    def symbol(self) -> str:
        return self.marked.symbol

    @property
    def quantity(self) -> Decimal:
        """All that was bought."""
        return self._position.size + self._position.closed_size

    @property
    def amount(self) -> Decimal:
        """What all of it cost, without fees."""
        return self._position.entry_cost + self._position.closed_entry_cost

    @property
    def buy_price(self) -> Decimal:
        return (self.amount / self.quantity).quantize(_PRICE)

    @property
    def sell_price(self) -> Decimal | None:
        return self.marked.exit_price

    @property
    def profit_loss(self) -> Decimal | None:
        position, open_profit = self._position, self.marked.unrealized_pnl
        if open_profit is None:
            return None
        return position.realized_pnl + open_profit + position.funding - position.fee

    @property
    def profit_loss_percent(self) -> Decimal | None:
        """Profit in percent of the amount."""
        profit = self.profit_loss
        return None if profit is None else (100 * profit / self.amount).quantize(_PERCENT)

    @property
    def status(self) -> RoundTripStatus:
        return RoundTripStatus.ACTIVE if self._position.is_open else RoundTripStatus.CLOSED

    @property
    def opened_at(self) -> datetime:
        return self._position.opened_at

    @property
    def closed_at(self) -> datetime | None:
        return self._position.closed_at

    @property
    def _position(self) -> Position:
        return self.marked.position


@dataclass(frozen=True, slots=True)
class Aggregates:
    """All round trips of a list together: `realized` of the closed ones, `unrealized` of the active ones, both net.

    Absent where an active one has no price. `win_rate` in percent of the closed ones, absent where there are none.
    """

    realized: Decimal
    unrealized: Decimal | None
    active: int
    closed: int
    won: int
    lost: int
    fees: Decimal

    @property
    def total_profit_loss(self) -> Decimal | None:
        return None if self.unrealized is None else self.realized + self.unrealized

    @property
    def win_rate(self) -> Decimal | None:
        return (Decimal(100) * self.won / self.closed).quantize(_PERCENT) if self.closed else None


def round_trips_of(
    account: TradingAccount, *, instrument: Instrument | None = None, status: RoundTripStatus | None = None
) -> PositionQuerySet:
    """Return the long positions of an account, newest first, with their instruments."""
    longs: PositionQuerySet = Position.objects.filter(account=account, side=PositionSide.LONG)
    longs = longs.select_related("instrument")
    if instrument is not None:
        longs = longs.filter(instrument=instrument)
    return longs if status is None else longs.filter(is_open=status is RoundTripStatus.ACTIVE)


def marked_round_trips(positions: Sequence[Position], *, now: datetime) -> list[RoundTrip]:
    """Return round trips marked to the newest quotes; the positions come with `instrument` loaded."""
    return [RoundTrip(marked) for marked in mark_positions(positions, now=now)]


def aggregates_of(positions: PositionQuerySet, *, now: datetime) -> Aggregates:
    """Sum up round trips, in two statements: one sums the closed ones, one reads the active, one per instrument."""
    closed: dict[str, Any] = (
        positions.filter(is_open=False)
        .order_by()
        .aggregate(
            many=Count("pk"),
            won=Count("pk", filter=Q(realized_pnl__gt=F("fee") - F("funding"))),
            lost=Count("pk", filter=Q(realized_pnl__lt=F("fee") - F("funding"))),
            realized=Sum(_NET),
            fees=Sum("fee"),
        )
    )
    active = marked_round_trips(list(positions.filter(is_open=True)), now=now)
    profits = [trip.profit_loss for trip in active]
    return Aggregates(
        realized=closed["realized"] or Decimal(0),
        unrealized=None if None in profits else sum((profit for profit in profits if profit), Decimal(0)),
        active=len(active),
        closed=closed["many"],
        won=closed["won"],
        lost=closed["lost"],
        fees=(closed["fees"] or Decimal(0)) + sum((trip.marked.position.fee for trip in active), Decimal(0)),
    )
