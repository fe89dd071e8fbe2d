"""What each month gained: the equity at its end against that at the end of the month before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.candles.series import Floats, Milliseconds

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Year:
    """One year's gains as fractions: of its twelve months, None where there is no equity, and of all of it."""

    year: int
    months: tuple[float | None, ...]
    whole: float | None


def monthly_gains(closed_at: Milliseconds, equity: Floats, *, initial_balance: float) -> list[Year]:
    """Return the years, ascending. `equity` (n,) stands at `closed_at` (n,), milliseconds UTC, ascending.

    What closes at the very end of a month is that month's. A month's gain is its last equity ÷ the last one before it
    − 1, None where that is not above zero; the first one's is measured from `initial_balance`.
    """
    last_moments = (closed_at - 1).astype("datetime64[ms]")
    of_months = _gains(last_moments.astype("datetime64[M]").astype(np.int64), equity, initial_balance=initial_balance)
    of_years = _gains(last_moments.astype("datetime64[Y]").astype(np.int64), equity, initial_balance=initial_balance)
    return [
        Year(1970 + year, tuple(of_months.get(year * 12 + month) for month in range(12)), whole)
        for year, whole in of_years.items()
    ]


def _gains(periods: NDArray[np.int64], equity: Floats, *, initial_balance: float) -> dict[int, float | None]:
    """Return what each period gained; `periods` (n,) ascend."""
    if not len(equity):
        return {}
    lasts = np.append(np.flatnonzero(np.diff(periods)), len(periods) - 1)
    ends = equity[lasts].tolist()
    begins = [initial_balance, *ends[:-1]]
    return {
        period: end / begin - 1 if begin > 0 else None
        for period, begin, end in zip(periods[lasts].tolist(), begins, ends, strict=True)
    }
