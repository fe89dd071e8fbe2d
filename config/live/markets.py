"""The markets that the live page offers, by what names each to the doors, and what was traded on the one looked at."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.facts import told_at
from accounts.models import User
from bots.models import Bot
from core.exact import plain
from market.models import Instrument
from market.selectors.instruments import instruments_of_symbols
from trading.models import Order, OrderStatus, Position

LAST_TRADES = 100
OFFERED_TO_ALL = "BTCUSDT"
TO_SEE_ORDERS = "trading.view_order"

Row = dict[str, Any]


def offered_markets(positions: Iterable[Position], bots: Iterable[Bot]) -> list[Row]:
    """Return the markets that are held, then those that bots are made for, then one for all: each once."""
    symbols = [*(bot.symbol for bot in bots if bot.symbol), OFFERED_TO_ALL]
    named = instruments_of_symbols(symbols)
    instruments = [
        *(position.instrument for position in positions),
        *(named[symbol] for symbol in symbols if symbol in named),
    ]
    return [_market(instrument) for instrument in {each.pk: each for each in instruments}.values()]


def _market(instrument: Instrument) -> Row:
    """One symbol may be several markets: `name` says the venue where it is not the one that a symbol means."""
    is_usual = instrument.venue == settings.DEFAULT_VENUE
    return {
        "id": str(instrument.pk),
        "symbol": instrument.symbol,
        "kind": instrument.kind,
        "name": instrument.symbol if is_usual else f"{instrument.venue.upper()}:{instrument.symbol}",
    }


def last_trades(user: User, market_id: UUID | None) -> list[Row]:
    """Return the newest filled orders on a market that `user` may see, newest first."""
    if market_id is None or not user.has_perm(TO_SEE_ORDERS):
        return []
    filled = Order.objects.visible_to(user).filter(instrument=market_id, status=OrderStatus.FILLED)
    return [
        {
            "market": str(market_id),
            "at": told_at(order.updated_at),
            "side": order.side,
            "price": plain(order.average_price),
            "size": plain(order.filled_quantity),
            "reduce_only": order.reduce_only,
        }
        for order in filled.order_by("-created_at", "id")[:LAST_TRADES]
    ]
