"""Keeps the candles of the command's section: on the desk, and in a file for the yardstick."""

from pathlib import Path

import numpy as np
from django.utils import timezone

from config.bench.candles_job import YEAR, minutes
from config.bench.desks import SYMBOL
from market.models import Instrument
from market.services.candles import store_candles


def keep_candles(folder: str) -> int:
    """Store a year of minutes, and the same as numpy's file; return how many they are."""
    year = minutes(YEAR)
    store_candles(Instrument.objects.get(symbol=SYMBOL, kind="linear"), year, now=timezone.now())
    np.savez(Path(folder) / "year.npz", allow_pickle=False, open=year.open, close=year.close)
    return len(year)
