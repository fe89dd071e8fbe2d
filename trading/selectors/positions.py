"""Positions as people read them: marked to the newest price while open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.exact import to_money
from market.models import Instrument
from market.quotes import latest_quotes
from trading.desk import position_margin
from trading.engine.money import unrealized_profit
from trading.models import Position
from trading.models.querysets import PositionQuerySet

_PRICE = Decimal("0.0000000001")
_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class MarkedPosition:
    """A position and its profit at `current_price` (mid). Both are None where there is no price."""

    position: Position
    instrument: Instrument
    current_price: Decimal | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.position, name)

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def size(self) -> Decimal:
        return self.position.shown_size

    @property
    def entry_price(self) -> Decimal:
        return self.position.entry_price.quantize(_PRICE)

    @property
    def exit_price(self) -> Decimal | None:
        price = self.position.exit_price
        return None if price is None else price.quantize(_PRICE)

    @property
    def margin(self) -> Decimal:
        return position_margin(self.position)

    @property
    def unrealized_pnl(self) -> Decimal | None:
        position = self.position
        if not position.is_open:
            return Decimal(0)
        if self.current_price is None:
            return None
        profit = unrealized_profit(position.direction, position.size, position.entry_cost, self.current_price)
        return to_money(profit)

    @property
    def pnl_percent(self) -> Decimal | None:
        """Profit in percent of the margin that the position ties up, or tied up once it is closed."""
        position = self.position
        profit = self.unrealized_pnl if position.is_open else position.realized_pnl
        cost = position.entry_cost if position.is_open else position.closed_entry_cost
        if profit is None or not cost:
            return None
        return (100 * profit * position.leverage / cost).quantize(_PERCENT)


def closed_positions(visible: PositionQuerySet, *, limit: int) -> list[MarkedPosition]:
    """Return the newest closed positions among `visible`; they need no price."""
    rows = visible.filter(is_open=False).select_related("instrument").order_by("-closed_at", "id")[:limit]
    return [MarkedPosition(row, row.instrument, None) for row in rows]


def mark_positions(positions: Sequence[Position], *, now: datetime) -> list[MarkedPosition]:
    """Mark positions to the newest quotes of their instruments; they come with `instrument` loaded."""
    instruments: dict[UUID, Instrument] = {position.instrument_id: position.instrument for position in positions}
    quotes = latest_quotes(list(instruments.values()), now=now)
    mids = {instrument_id: quote.mid for instrument_id, quote in quotes.items()}
    return [MarkedPosition(row, row.instrument, mids.get(row.instrument_id)) for row in positions]
