"""Instruments: what can be traded, in which steps, what a trade of it costs."""

import uuid
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from core.fields import MoneyField, PriceField, QuantityField, RateField
from market.kinds import Kind, Status

_MORE_THAN_ZERO = (
    "tick_size",
    "lot_size",
    "min_quantity",
    "size_unit",
    "contract_size",
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
        """Every reader sees instruments by symbol; those of one symbol by venue and kind."""
        return self.order_by("symbol", "venue", "kind")

    def wanted(self, needed: Q, *, now: datetime) -> Self:
        """Instruments whose prices are to be fetched: `needed` by other apps, on the watchlist, or looked at."""
        return self.filter(needed | Q(watched__isnull=False) | Q(interest__wanted_until__gt=now))

    def with_symbol_or_base(self, symbols: Collection[str], bases: Collection[str]) -> Self:
        """Instruments that carry one of these symbols, or are on one of these base currencies.

        Options, thousands to a base, go by their own symbol only.
        """
        return self.filter(Q(symbol__in=symbols) | (Q(base__in=bases) & ~Q(kind=Kind.OPTION)))


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
        models.UniqueConstraint(fields=["venue", "kind", "symbol"], name="instrument_once_per_market"),
        _check(
            "reference_price_positive",
            Q(reference_price=None) | Q(reference_price__gt=0),
            "reference_price is more than 0, or empty.",
        ),
        _check("liquidity_positive", Q(liquidity=None) | Q(liquidity__gt=0), "liquidity is more than 0, or empty."),
        _check("kind_known", Q(kind__in=Kind.values), "This kind is not known."),
        _check("status_known", Q(status__in=Status.values), "This status is not known."),
    ]


class Instrument(models.Model):
    """One market that can be quoted and, mostly, traded.

    Written by `market.catalogue` after a migration where it is absent, by the reading of an exchange's own list, and
    by operators in the admin. Venue, kind and symbol name it: an exchange gives its spot market and its perpetual
    the same symbol. These and the three currencies never change: orders, positions and fills point at this row. An
    instrument that is done with is suspended, never deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    symbol = models.CharField(max_length=32, db_index=True)
    name = models.CharField(max_length=80)
    venue = models.CharField(max_length=16, help_text='"paper", or the exchange whose market it is.')
    kind = models.CharField(max_length=8, choices=Kind.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.TRADING)
    base = models.CharField(max_length=24, db_index=True)
    quote = models.CharField(max_length=12)
    settle = models.CharField(max_length=12, help_text="The currency that profit, loss and fees are paid in.")
    tick_size = PriceField(help_text="Prices are whole multiples of it.")
    lot_size = QuantityField(help_text="Sizes are whole multiples of it.")
    min_quantity = QuantityField()
    min_notional = MoneyField(help_text="The least price × size of an order, in quote currency.")
    contract_size = QuantityField(default=1, help_text="Base units that one contract is; quote units on inverse.")
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
    reference_price = PriceField(
        null=True, blank=True, help_text="The price that the synthetic market moves around; empty: it has none."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When it is delivered; empty: never.")
    listed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the exchange's own list last had it trading; empty: never.",
    )
    is_withheld = models.BooleanField(
        default=False, editable=False, help_text="Suspended because the exchange's own list has it no longer."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InstrumentQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        constraints = _checks()

    def __str__(self) -> str:
        return self.symbol
