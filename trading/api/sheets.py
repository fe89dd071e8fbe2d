"""What trading has to say on the sheets of accounts: what they hold, what they earned."""

from typing import Any
from uuid import UUID

from accounts.sheets import Asked
from trading.api.performance_serializers import SummaryAnswer
from trading.api.serializers import PositionAnswer
from trading.models import Position
from trading.selectors.performance import summaries_of
from trading.selectors.positions import mark_positions


def open_positions(asked: Asked) -> dict[UUID, dict[str, Any]]:
    """Return each account's open positions by symbol: it has at most one of each."""
    held = Position.objects.open().filter(account__in=asked.account_ids).select_related("instrument")
    found: dict[UUID, dict[str, Any]] = {account_id: {} for account_id in asked.account_ids}
    for position in mark_positions(list(held.order_by("instrument__symbol")), now=asked.now):
        found[position.account_id][position.symbol] = PositionAnswer(position).data
    return found


def performance(asked: Asked) -> dict[UUID, Any]:
    """Return what each account earned since it was opened."""
    summaries = summaries_of(asked.accounts, asked.figures)
    return {account_id: SummaryAnswer(summary).data for account_id, summary in summaries.items()}
