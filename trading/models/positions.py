"""Positions: what an account holds of an instrument, and what it held."""

import uuid
from decimal import Decimal

from django.db import models

from accounts.models import TradingAccount
from core.fields import MoneyField, PriceField, QuantityField
from market.models import Instrument
from trading.models.orders import OrderSide
from trading.models.querysets import PositionQuerySet


class PositionSide(models.TextChoices):
    LONG = "long"
    SHORT = "short"

    @property
    def direction(self) -> int:
        """+1 for long, -1 for short: how the engine knows a side."""
        return 1 if self == PositionSide.LONG else -1


class Position(models.Model):
    """From the first fill of an account in an instrument until it is flat again; then the row stays as history.

    While open, `size` (base units) was bought or sold for `entry_cost`; the average entry is derived, so that the
    books never drift. What has been closed of it: `closed_size`, for which `closed_entry_cost` was paid and
    `exit_cost` received. `realized_pnl` is signed, before `fee` (all commissions, never negative) and `funding`
    (signed: what funding brought). While open, `falls_to` and `rises_to` are the nearest prices at which something is
    to be done about it (stop-loss, take-profit, a look at the account's margin): bid for a long, ask for a short.
    `armed_at` is since when it waits for them with this size and these exits.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="positions")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=PositionSide)
    size = QuantityField()
    entry_cost = MoneyField()
    leverage = models.PositiveSmallIntegerField()
    stop_loss = PriceField(null=True, blank=True)
    take_profit = PriceField(null=True, blank=True)
    closed_size = QuantityField(default=0)
    closed_entry_cost = MoneyField(default=0)
    exit_cost = MoneyField(default=0)
    realized_pnl = MoneyField(default=0)
    fee = MoneyField(default=0)
    funding = MoneyField(default=0)
    falls_to = PriceField(null=True, editable=False)
    rises_to = PriceField(null=True, editable=False)
    armed_at = models.DateTimeField(null=True, editable=False)
    is_open = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, db_index=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "instrument"],
                condition=models.Q(is_open=True),
                name="one_open_position_per_account_and_instrument",
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=True, size__gt=0) | models.Q(is_open=False, size=0),
                name="position_open_means_size",
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=True) | models.Q(falls_to=None, rises_to=None),
                name="position_closed_waits_for_nothing",
            ),
            models.CheckConstraint(
                condition=models.Q(falls_to=None, rises_to=None) | models.Q(armed_at__isnull=False),
                name="position_waits_since",
            ),
        ]
        indexes = [
            models.Index(
                fields=["instrument", "side", price],
                condition=models.Q(**{f"{price}__isnull": False}),
                name=f"position_{price}",
            )
            for price in ("falls_to", "rises_to")
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.size.normalize():f}"

    @property
    def direction(self) -> int:
        return PositionSide(self.side).direction

    @property
    def closing_side(self) -> OrderSide:
        """The side of an order that takes away from the position."""
        return OrderSide.SELL if self.direction > 0 else OrderSide.BUY

    @property
    def entry_price(self) -> Decimal:
        """Average price paid for what is held, or, once closed, for what was."""
        if self.size:
            return self.entry_cost / self.size
        return self.closed_entry_cost / self.closed_size

    @property
    def exit_price(self) -> Decimal | None:
        """Average price of what has been closed; None while nothing was."""
        return self.exit_cost / self.closed_size if self.closed_size else None

    @property
    def shown_size(self) -> Decimal:
        """What is held, or, once closed, what was."""
        return self.size or self.closed_size
