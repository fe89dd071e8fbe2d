"""What kinds of instrument there are, and whether one may be traded now."""

from django.db import models


class Kind(models.TextChoices):
    """Spot and forex change hands; linear settles in the quote currency, inverse in the base."""

    SPOT = "spot", "Spot"
    LINEAR = "linear", "Linear perpetual"
    INVERSE = "inverse", "Inverse perpetual"
    OPTION = "option", "Option"
    FUTURE = "future", "Future"
    INDEX = "index", "Index"
    FOREX = "forex", "Forex"


# What settles in the coin itself, or by a rule that this desk does not compute, is shown and not traded.
QUOTES_ONLY = frozenset({Kind.INVERSE, Kind.OPTION, Kind.INDEX})


class Status(models.TextChoices):
    """A suspended instrument is shown and quoted; nothing new is opened on it."""

    TRADING = "trading", "Trading"
    SUSPENDED = "suspended", "Suspended"
