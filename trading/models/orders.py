"""Orders: what was asked of a broker, once, and how far it got."""

import uuid
from decimal import Decimal

from django.db import models

from accounts.models import TradingAccount
from core.exact import PRICE_SCALE
from core.fields import MoneyField, PriceField, QuantityField
from market.models import Instrument
from trading.models.querysets import OrderQuerySet


class OrderSide(models.TextChoices):
    BUY = "buy"
    SELL = "sell"

    @property
    def direction(self) -> int:
        """+1 for buy, -1 for sell: how the engine knows a side."""
        return 1 if self == OrderSide.BUY else -1


class OrderType(models.TextChoices):
    """A stop becomes a market order, a stop-limit a limit order, once the market reaches `stop_price`."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class OrderOrigin(models.TextChoices):
    """Who asked for an order: a person or program, a signal, an exit of the position, or the desk to close it."""

    REQUEST = "request"
    SIGNAL = "signal"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    CLOSE_OUT = "close_out"
    FLATTEN = "flatten"


class TimeInForce(models.TextChoices):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderStatus(models.TextChoices):
    """`submitting` is committed before a broker hears of the order; `unknown` is decided by asking the venue."""

    SUBMITTING = "submitting"
    PENDING = "pending"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


WORKING = (OrderStatus.PENDING, OrderStatus.PARTIALLY_FILLED)
UNDER_WAY = (OrderStatus.SUBMITTING, *WORKING, OrderStatus.UNKNOWN)
_WORKING = set(WORKING)
_ENDED = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED}

ALLOWED_CHANGES: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.SUBMITTING: _WORKING | _ENDED | {OrderStatus.REJECTED, OrderStatus.UNKNOWN},
    OrderStatus.PENDING: {OrderStatus.PARTIALLY_FILLED} | _ENDED,
    OrderStatus.PARTIALLY_FILLED: {OrderStatus.PARTIALLY_FILLED} | _ENDED,
    OrderStatus.UNKNOWN: _WORKING | _ENDED | {OrderStatus.REJECTED},
    OrderStatus.FILLED: set(),
    OrderStatus.CANCELLED: set(),
    OrderStatus.EXPIRED: set(),
    OrderStatus.REJECTED: set(),
}


class Order(models.Model):
    """One order on one account, written by trading's road before its broker hears of it.

    `client_order_id` is what the broker knows it by: made from signal, account and leg, or given by the caller.
    `filled_cost` is Σ price × quantity of its fills; the average price is derived. Status follows ALLOWED_CHANGES.
    While it works, `margin` is what the rest of it would tie up, in quote currency, and one of `falls_to` and
    `rises_to` the price at which the market meets it: bid for a sell, ask for a buy. Both are absent otherwise.
    `armed_at` is since when it waits for it as it stands.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="orders")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    signal = models.ForeignKey("trading.Signal", null=True, on_delete=models.PROTECT, related_name="orders")
    leg = models.PositiveSmallIntegerField(default=1)
    bot_id = models.UUIDField(null=True, db_index=True)
    client_order_id = models.CharField(max_length=36)
    venue_order_id = models.CharField(max_length=64, blank=True)
    side = models.CharField(max_length=4, choices=OrderSide)
    order_type = models.CharField(max_length=12, choices=OrderType)
    quantity = QuantityField()
    price = PriceField(null=True)
    stop_price = PriceField(null=True)
    stop_loss = PriceField(null=True)
    take_profit = PriceField(null=True)
    leverage = models.PositiveSmallIntegerField()
    time_in_force = models.CharField(max_length=3, choices=TimeInForce, default=TimeInForce.GTC)
    reduce_only = models.BooleanField(default=False)
    post_only = models.BooleanField(default=False)
    origin = models.CharField(max_length=12, choices=OrderOrigin, default=OrderOrigin.REQUEST)
    status = models.CharField(max_length=16, choices=OrderStatus, default=OrderStatus.SUBMITTING)
    filled_quantity = QuantityField(default=0)
    filled_cost = MoneyField(default=0)
    commission = MoneyField(default=0)
    margin = MoneyField(default=0)
    falls_to = PriceField(null=True)
    rises_to = PriceField(null=True)
    armed_at = models.DateTimeField(null=True)
    reject_code = models.CharField(max_length=40, blank=True)
    reject_reason = models.CharField(max_length=300, blank=True)
    cancel_requested_at = models.DateTimeField(null=True)
    triggered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField()

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "client_order_id"], name="order_client_id_once_per_account"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="order_quantity_positive"),
            models.CheckConstraint(
                condition=models.Q(filled_quantity__gte=0, filled_quantity__lte=models.F("quantity")),
                name="order_never_overfilled",
            ),
            models.CheckConstraint(
                condition=models.Q(falls_to=None, rises_to=None) | models.Q(armed_at__isnull=False),
                name="order_waits_since",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="order_account_newest"),
            # All that is summed up of what an account has at work: the index alone answers (selectors/desks.py).
            models.Index(
                fields=["account", "instrument", "side", "reduce_only", "quantity", "filled_quantity", "margin"],
                condition=models.Q(status__in=WORKING),
                name="order_working",
            ),
            *(
                models.Index(
                    fields=["instrument", "side", price],
                    condition=models.Q(**{f"{price}__isnull": False}),
                    name=f"order_{price}",
                )
                for price in ("falls_to", "rises_to")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f}"

    @property
    def own_price(self) -> Decimal | None:
        """What its margin is reckoned with: its limit, else its stop, else what it paid so far."""
        return self.price or self.stop_price or self.average_price

    @property
    def average_price(self) -> Decimal | None:
        """Filled cost ÷ filled quantity, to the price scale; None before the first fill."""
        if not self.filled_quantity:
            return None
        return round(self.filled_cost / self.filled_quantity, PRICE_SCALE)
