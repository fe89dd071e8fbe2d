"""Candles, packed: one row holds up to SLOTS of them as columns of numbers, so that a year of minutes is 365 rows."""

from django.db import models

from market.intervals import Interval
from market.models.instruments import Instrument

# The candles of one block: a day of minutes.
SLOTS = 1440


class CandleBlock(models.Model):
    """The closed candles of one instrument and interval whose numbers are from `number` × SLOTS to the next block's.

    `data` is five columns one after another (open, high, low, close, volume), each of `slots` little-endian float64,
    for the candles from `first_slot` of the block on; NaN in all five where there is no candle. `count` is how many
    there are. Written by `market.services.candles` only, with the row locked.
    """

    id = models.BigAutoField(primary_key=True)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    interval = models.CharField(max_length=3, choices=Interval.choices)
    number = models.IntegerField()
    first_slot = models.PositiveSmallIntegerField()
    slots = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField()
    data = models.BinaryField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instrument", "interval", "number"], name="candle_block_once"),
            models.CheckConstraint(
                condition=models.Q(interval__in=Interval.values), name="candle_block_interval_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    count__gt=0, count__lte=models.F("slots"), slots__lte=SLOTS - models.F("first_slot")
                ),
                name="candle_block_can_be",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.interval} {self.number}"
