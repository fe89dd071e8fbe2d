"""Instruments: what can be traded, in which steps, what a trade of it costs; and the newest quote fetched of each."""

import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.fields import MoneyField, PriceField, QuantityField, RateField
from market.kinds import Kind, Status

_MORE_THAN_ZERO = (
    "tick_size",
    "lot_size",
    "min_quantity",
    "size_unit",
    "reference_price",
    "max_leverage",
    "stale_after_seconds",
)
_ZERO_OR_MORE = ("min_notional", "min_commission")
_FUNDING = Q(funding_rate__gt=-1, funding_rate__lt=1)
_FRACTIONS = ("spread", "slippage", "commission_rate", "maintenance_margin_rate")


class InstrumentQuerySet(models.QuerySet["Instrument"]):
    def trading(self) -> Self:
        """Instruments that orders may be placed on."""
        return self.filter(status=Status.TRADING)

    def in_order(self) -> Self:
        """Every reader sees instruments by symbol."""
        return self.order_by("symbol")

    def with_symbol_or_base(self, symbols: Collection[str], bases: Collection[str]) -> Self:
        """Instruments that carry one of these symbols, or are on one of these base currencies."""
        return self.filter(Q(symbol__in=symbols) | Q(base__in=bases))


def _check(name: str, rule: Q, said: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=rule, name=f"instrument_{name}", violation_error_message=said)


def _checks() -> list[models.BaseConstraint]:
    return [
        *(_check(f"{name}_positive", Q(**{f"{name}__gt": 0}), f"{name} is more than 0.") for name in _MORE_THAN_ZERO),
        *(_check(f"{name}_not_negative", Q(**{f"{name}__gte": 0}), f"{name} is 0 or more.") for name in _ZERO_OR_MORE),
        *(
            _check(f"{name}_fraction", Q(**{f"{name}__gte": 0, f"{name}__lt": 1}), f"{name} is from 0 to less than 1.")
            for name in _FRACTIONS
        ),
        _check("funding_rate_fraction", _FUNDING, "funding_rate is more than -1 and less than 1."),
        _check("liquidity_positive", Q(liquidity=None) | Q(liquidity__gt=0), "liquidity is more than 0, or empty."),
        _check("kind_known", Q(kind__in=Kind.values), "This kind is not known."),
        _check("status_known", Q(status__in=Status.values), "This status is not known."),
    ]


class Instrument(models.Model):
    """One market that can be quoted and, mostly, traded.

    Written by `market.catalogue` after a migration where it is absent, and by operators in the admin. Symbol,
    venue, kind and the three currencies never change: orders, positions and fills point at this row. An
    instrument that is done with is suspended, never deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    symbol = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    venue = models.CharField(max_length=16, help_text='"paper", or the exchange whose market it is.')
    kind = models.CharField(max_length=8, choices=Kind.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.TRADING)
    base = models.CharField(max_length=24)
    quote = models.CharField(max_length=12)
    settle = models.CharField(max_length=12, help_text="The currency that profit, loss and fees are paid in.")
    tick_size = PriceField(help_text="Prices are whole multiples of it.")
    lot_size = QuantityField(help_text="Sizes are whole multiples of it.")
    min_quantity = QuantityField()
    min_notional = MoneyField(help_text="The least price × size of an order, in quote currency.")
    max_leverage = models.PositiveSmallIntegerField(default=1)
    spread = RateField(help_text="Ask − bid as a fraction of mid.")
    slippage = RateField(help_text="What any market order slips, as a fraction.")
    size_unit = QuantityField(help_text="The size that adds 0.001 to the slippage.")
    commission_rate = RateField(default=Decimal("0.0002"), help_text="Fraction of the notional, on entry and exit.")
    min_commission = MoneyField(default=Decimal("0.01"))
    maintenance_margin_rate = RateField(help_text="Fraction of the notional below which a position is closed out.")
    funding_rate = RateField(
        default=0, help_text="What longs pay shorts every 8 hours, as a fraction; may be negative."
    )
    liquidity = QuantityField(
        null=True, blank=True, help_text="The most of one order that one quote fills; empty: all of it."
    )
    allows_short = models.BooleanField(default=False)
    stale_after_seconds = models.PositiveSmallIntegerField(default=10, help_text="An older quote fills nothing.")
    source = models.CharField(max_length=32, default="synthetic", help_text="Where its quotes come from.")
    reference_price = PriceField(help_text="The price that the synthetic market moves around.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        constraints = _checks()

    def __str__(self) -> str:
        return self.symbol


class LatestQuote(models.Model):
    """The newest quote of one instrument that a source on the network gave.

    Written by the price feed only, through `market.services.quotes`: a quote takes the place of an older one, never
    of a newer. It stays when its source is down, and grows old. Sources that compute their prices have no rows.
    """

    instrument = models.OneToOneField(
        Instrument, on_delete=models.CASCADE, primary_key=True, related_name="latest_quote", editable=False
    )
    source = models.CharField(max_length=32, help_text="Who gave it: the instrument may take another's by now.")
    bid = PriceField()
    ask = PriceField()
    last = PriceField()
    at = models.DateTimeField(help_text="The moment it is from, on this desk's clock.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(bid__gt=0, last__gt=0, ask__gte=models.F("bid")), name="latest_quote_can_be"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} at {self.at}"
