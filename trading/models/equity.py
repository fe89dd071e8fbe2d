"""What accounts were worth over time, and which fundings have been booked."""

import uuid

from django.db import models

from accounts.models import TradingAccount
from core.fields import MoneyField, PriceField, RateField
from market.models import Instrument


class EquityPoint(models.Model):
    """What one account was worth at one moment, open profit included: after every fill, and every hour.

    `net_deposits` is what had been paid in by then, less what was paid out: equity − net_deposits is profit.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="equity_points")
    at = models.DateTimeField()
    balance = MoneyField()
    equity = MoneyField()
    net_deposits = MoneyField()

    class Meta:
        ordering = ["account", "at", "id"]
        indexes = [models.Index(fields=["account", "at"], name="equity_by_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.at}"


class Funding(models.Model):
    """The funding of one perpetual at one moment: longs paid shorts notional × `rate`, at `mark`.

    Written once, in the transaction that begins to book it; the ledger's own references keep each account's single.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="fundings")
    at = models.DateTimeField()
    rate = RateField()
    mark = PriceField()
    booked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "instrument"]
        constraints = [models.UniqueConstraint(fields=["instrument", "at"], name="funding_once")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.at}"
