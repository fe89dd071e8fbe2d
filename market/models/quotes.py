"""The newest quote of each instrument that a source on the network gave, and who wants more of them."""

from django.db import models
from django.db.models import Q

from core.fields import PriceField
from market.models.instruments import Instrument


class LatestQuote(models.Model):
    """The newest quote of one instrument that a source on the network gave.

    Written through `market.services.quotes` only: a quote takes the place of an older one, never of a newer. It stays
    when its source is down, and grows old. Sources that compute their prices have no rows.
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


class PriceInterest(models.Model):
    """Somebody looks at an instrument's price: the feed fetches it until `wanted_until`.

    Written by `market.services.interest` for readers of prices; one row an instrument, its time only ever put off.
    """

    instrument = models.OneToOneField(
        Instrument, on_delete=models.CASCADE, primary_key=True, related_name="interest", editable=False
    )
    wanted_until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.instrument_id} until {self.wanted_until}"
