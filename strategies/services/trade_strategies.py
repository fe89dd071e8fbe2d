"""Says where a strategy is traded: creates, replaces and deletes trade strategies."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import Conflict
from market.intervals import Interval
from market.models import Instrument
from strategies.models import TradeStrategy
from strategies.selectors.strategies import TradeStrategyMissing
from strategies.services.strategies import locked_strategy


class TradedAlready(Conflict):
    """The strategy is traded there."""

    code = "ALREADY_TRADED"


@transaction.atomic
def create_trade_strategy(
    *, strategy_id: UUID, instrument: Instrument, interval: Interval, now: datetime
) -> TradeStrategy:
    """Let a strategy be traded on an instrument's candles; it belongs to whom the strategy belongs to.

    The strategy is locked, so that nobody deletes it meanwhile. Raises StrategyMissing, TradedAlready.
    """
    strategy = locked_strategy(strategy_id)
    row = TradeStrategy(
        owner_id=strategy.owner_id,
        strategy=strategy,
        instrument=instrument,
        interval=interval,
        created_at=now,
        updated_at=now,
    )
    _save(row)
    return row


@transaction.atomic
def replace_trade_strategy(
    trade_strategy_id: UUID, *, strategy_id: UUID, instrument: Instrument, interval: Interval, now: datetime
) -> TradeStrategy:
    """Put another strategy, instrument and interval in the place of a trade strategy's; its owner is the strategy's.

    Raises TradeStrategyMissing, StrategyMissing, TradedAlready.
    """
    strategy = locked_strategy(strategy_id)
    row = _locked(trade_strategy_id)
    row.strategy, row.instrument, row.interval, row.updated_at = strategy, instrument, interval, now
    row.owner_id = strategy.owner_id
    _save(row)
    return row


@transaction.atomic
def delete_trade_strategy(trade_strategy_id: UUID, *, now: datetime) -> None:
    """Hide a trade strategy for good. Raises TradeStrategyMissing."""
    row = _locked(trade_strategy_id)
    row.deleted_at = now
    row.save(update_fields=["deleted_at"])


def _locked(trade_strategy_id: UUID) -> TradeStrategy:
    row = TradeStrategy.objects.living().select_for_update().filter(pk=trade_strategy_id).first()
    if row is None:
        raise TradeStrategyMissing
    return row


def _save(row: TradeStrategy) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise TradedAlready(f"{row.strategy} is traded on {row.instrument} {row.interval} already.") from error
