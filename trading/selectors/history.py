"""What was earned in each day, week or month of a range, from samples of equity; periods are those of UTC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from django.db import models

from trading.engine import metrics
from trading.selectors.performance import DAY, Sample


class Period(models.TextChoices):
    """How a history is cut; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What became of equity from `start` to `end`. Money is signed, `gained` a fraction, `drawdown` one from -1 to 0.

    `pnl` is the change of equity less what was paid in on balance; `drawdown` the fall at the end below the best
    end so far. None where there was nothing to earn on.
    """

    start: datetime
    end: datetime
    equity: Decimal
    paid_in: Decimal
    pnl: Decimal
    gained: float | None
    drawdown: float | None


def history_of(samples: Sequence[Sample], period: Period) -> list[Stretch]:
    """Cut samples, oldest first and at least one, into stretches; the first and the last may be parts of a period."""
    equity, paid_in = [float(each.equity) for each in samples], [float(each.paid_in) for each in samples]
    grown = metrics.growth(metrics.returns_without_payments(equity, paid_in))
    begun, before, best, stretches = samples[0].at, 0, grown[0], []
    for end in _ends(samples[0].at, samples[-1].at, period):
        index = _last_until(samples, end, since=before)
        best = max(best, grown[index])
        ratios = _ratio(grown[index], grown[before]), _ratio(grown[index], best)
        stretches.append(_stretch((begun, samples[before]), (end, samples[index]), ratios=ratios))
        begun, before = end, index
    return stretches


def _stretch(
    begun: tuple[datetime, Sample], ended: tuple[datetime, Sample], *, ratios: tuple[float | None, float | None]
) -> Stretch:
    (start, first), (end, last), (gained, drawdown) = begun, ended, ratios
    paid_in = last.paid_in - first.paid_in
    is_there = first.equity > 0 or last.equity > 0
    return Stretch(
        start=start,
        end=end,
        equity=last.equity,
        paid_in=paid_in,
        pnl=last.equity - first.equity - paid_in,
        gained=gained if is_there else None,
        drawdown=drawdown if is_there else None,
    )


def _ratio(after: float, before: float) -> float | None:
    return after / before - 1 if before > 0 else None


def _ends(start: datetime, end: datetime, period: Period) -> Iterator[datetime]:
    """Yield the end of every period that is begun in the range, the last one's where the range ends."""
    border = datetime.combine(start.astimezone(UTC), time(0), tzinfo=UTC)
    while border < end:
        border = _next(border, period)
        yield min(border, end)


def _next(midnight: datetime, period: Period) -> datetime:
    match period:
        case Period.WEEK:
            return midnight + (7 - midnight.weekday()) * DAY
        case Period.MONTH:
            return (midnight.replace(day=1) + 32 * DAY).replace(day=1)
    return midnight + DAY


def _last_until(samples: Sequence[Sample], end: datetime, *, since: int) -> int:
    index = since
    while index + 1 < len(samples) and samples[index + 1].at <= end:
        index += 1
    return index
