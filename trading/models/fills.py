"""Fills: what the broker did."""

import uuid

from django.db import models

from accounts.models import TradingAccount
from core.fields import MoneyField, PriceField, QuantityField
from market.models import Instrument
from trading.models.orders import Order, OrderSide
from trading.models.positions import Position
from trading.models.querysets import FillQuerySet


class Fill(models.Model):
    """One execution of one order, or one part of it; written when its receipt is applied, never changed.

    An execution that crosses zero is two rows: part 1 closes a position, part 2 opens the next. `venue_fill_id`
    makes a receipt count once. `notional` is price × quantity at the money scale; `commission` is
    never negative; `realized_pnl` is signed, before commission, zero where the fill only opened.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fills")
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="fills")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="fills")
    venue_fill_id = models.CharField(max_length=64)
    part = models.PositiveSmallIntegerField(default=1)
    side = models.CharField(max_length=4, choices=OrderSide)
    quantity = QuantityField()
    price = PriceField()
    notional = MoneyField()
    commission = MoneyField()
    realized_pnl = MoneyField()
    created_at = models.DateTimeField(db_index=True)

    objects = FillQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "venue_fill_id", "part"], name="fill_once_per_account"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="fill_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f} @ {self.price.normalize():f}"
