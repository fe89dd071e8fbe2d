"""How long a candle is, and when each begins: whole multiples from 1970 on, weeks from a Monday on."""

import math
from datetime import datetime

from django.db import models

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# 1970-01-05 was a Monday; the epoch a Thursday.
_MONDAY = 4 * _DAY


class Interval(models.TextChoices):
    """The lengths of candles, by the names that exchanges give them."""

    M1 = "1m", "1 minute"
    M3 = "3m", "3 minutes"
    M5 = "5m", "5 minutes"
    M15 = "15m", "15 minutes"
    M30 = "30m", "30 minutes"
    H1 = "1h", "1 hour"
    H2 = "2h", "2 hours"
    H4 = "4h", "4 hours"
    H6 = "6h", "6 hours"
    H12 = "12h", "12 hours"
    D1 = "1d", "1 day"
    D3 = "3d", "3 days"
    W1 = "1w", "1 week"

    @property
    def seconds(self) -> int:
        return _SECONDS[self.value]

    @property
    def offset_seconds(self) -> int:
        """Where the first candle after the epoch begins, in seconds from it."""
        return _MONDAY if self is Interval.W1 else 0

    def number_at(self, second: int) -> int:
        """Return the number of the candle that a Unix second is in; negative before the first."""
        return (second - self.offset_seconds) // self.seconds

    def first_from(self, moment: datetime) -> int:
        """Return the number of the first candle that opens at an aware `moment` or later."""
        return self.number_at(math.ceil(moment.timestamp()) + self.seconds - 1)

    def opens_at(self, number: int) -> int:
        """Return the Unix second at which the candle of this number begins."""
        return number * self.seconds + self.offset_seconds


_SECONDS = {
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": _HOUR,
    "2h": 2 * _HOUR,
    "4h": 4 * _HOUR,
    "6h": 6 * _HOUR,
    "12h": 12 * _HOUR,
    "1d": _DAY,
    "3d": 3 * _DAY,
    "1w": 7 * _DAY,
}
