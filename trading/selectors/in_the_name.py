"""What was done in the name of a bot and is not over, on whatever accounts."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from trading.models import UNDER_WAY, Fill, Order, Position, Signal, SignalStatus
from trading.models.querysets import PositionQuerySet


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How many open positions, orders that are not over and signals that are being handled."""

    positions: int
    orders: int
    signals: int

    @property
    def anything(self) -> bool:
        return bool(self.positions or self.orders or self.signals)


def positions_of_bot(bot_id: UUID) -> PositionQuerySet:
    """Return the positions, open and closed, that orders in a bot's name had a part in."""
    fills = Fill.objects.filter(order__bot_id=bot_id).order_by().values("position")
    positions: PositionQuerySet = Position.objects.filter(pk__in=fills)
    return positions


def open_positions_of_bot(bot_id: UUID) -> PositionQuerySet:
    """Return those that are open; asked of each that is, for they are few beside all that a bot ever had a part in."""
    fills = Fill.objects.filter(position=OuterRef("pk"), order__bot_id=bot_id)
    return Position.objects.open().filter(Exists(fills))


def under_way_for(bot_id: UUID) -> UnderWay:
    """Return what is not over of a bot, in three statements."""
    return UnderWay(
        positions=open_positions_of_bot(bot_id).count(),
        orders=Order.objects.filter(bot_id=bot_id, status__in=UNDER_WAY).count(),
        signals=Signal.objects.filter(bot_id=bot_id, status=SignalStatus.PROCESSING).count(),
    )
