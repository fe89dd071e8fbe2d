"""What one alert asks for, once its bytes are read, and the refusal of an alert that cannot be read."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from core.errors import AppError
from trading.decisions import IntentSide as Side
from trading.sizes import Distance, Size

__all__ = ["Alert", "Leg", "OrderType", "Reason", "Side", "Unreadable"]

OrderType = Literal["market", "limit"]
Leg = Literal["long", "short"]


class Reason(StrEnum):
    """Why an alert is not read: the codes of `Unreadable`."""

    NOT_TEXT = "NOT_TEXT"
    NOT_JSON = "NOT_JSON"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    TOO_DEEP = "TOO_DEEP"
    DUPLICATE_FIELD = "DUPLICATE_FIELD"
    UNCLEAR_TEXT = "UNCLEAR_TEXT"
    FOREIGN_FORMAT = "FOREIGN_FORMAT"
    NOT_FINITE = "NOT_FINITE"
    UNRESOLVED_PLACEHOLDER = "UNRESOLVED_PLACEHOLDER"
    NO_SIDE = "NO_SIDE"
    UNKNOWN_SIDE = "UNKNOWN_SIDE"
    CONFLICTING_FIELDS = "CONFLICTING_FIELDS"
    NO_SYMBOL = "NO_SYMBOL"
    INVALID_SIZE = "INVALID_SIZE"
    INVALID_LEVERAGE = "INVALID_LEVERAGE"
    INVALID_PRICE = "INVALID_PRICE"
    INVALID_TIME = "INVALID_TIME"
    INVALID_ORDER_TYPE = "INVALID_ORDER_TYPE"
    INVALID_FLAG = "INVALID_FLAG"
    INVALID_NAME = "INVALID_NAME"


class Unreadable(AppError):
    """The alert cannot be read without guessing: a code of `Reason`, and one sentence for the trader."""

    code = "UNREADABLE"

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, code=reason.value)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert's wish, the same for every account. Absent fields are None: the bot's own settings stand.

    `size` is None on a close: a close takes the whole position. `closes_only` says which side a close is about.
    Numbers are above zero, but for the sizes of positions, in base units, which may be zero; prices are in quote
    currency; `fired_at` is aware UTC, and `max_lag_seconds` how much older the alert may be when it is traded. `extra`
    keeps what was not used, by its path in the alert, without fields that are named like secrets.
    """

    side: Side
    symbol: str
    bot_name: str | None = None
    bot_id: str | None = None
    alert_id: str | None = None
    closes_only: Leg | None = None
    size: Size | None = None
    leverage: int | None = None
    order_type: OrderType = "market"
    price: Decimal | None = None
    take_profit: Distance | None = None
    stop_loss: Distance | None = None
    fired_at: datetime | None = None
    max_lag_seconds: int | None = None
    market_position: str | None = None
    prev_market_position: str | None = None
    market_position_size: Decimal | None = None
    prev_market_position_size: Decimal | None = None
    do_trade: bool = True
    extra: dict[str, str] = field(default_factory=dict)
