"""What several accounts earned as if they were one: their equity summed, day by day; a fixed number of statements.

The accounts are of one money: the caller does not mix currencies that are not at par. An account counts from its
first point on, with what had been paid in by then; one that is worth nothing is not missed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.models.trading_accounts import TradingAccountQuerySet
from trading.selectors.daily_points import Point, daily_points, last_points
from trading.selectors.performance import LONGEST_CURVE, Metrics, Sample, evenly, metrics_of, whole_day
from trading.selectors.survey import survey

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Together:
    """The metrics of accounts from `start` to `end`, and their equity summed in at most LONGEST_CURVE samples."""

    start: datetime
    end: datetime
    metrics: Metrics
    equity_curve: list[Sample]


def performance_together(
    accounts: TradingAccountQuerySet, *, start: datetime, end: datetime, now: datetime
) -> Together:
    """Measure accounts as one from `start` to `end`, until `now` where that comes first."""
    samples = samples_together(accounts, start=start, end=end, now=now)
    told = metrics_of(accounts, samples, start=start, end=end)
    return Together(start, end, told, evenly(samples, LONGEST_CURVE))


def samples_together(
    accounts: TradingAccountQuerySet, *, start: datetime, end: datetime, now: datetime
) -> list[Sample]:
    """Return what accounts were worth together: at `start` or when they got their first money, then by the day and at
    payments, and at the end.

    At least one sample; between two points of an account it is worth what it was at the first.
    """
    until = now if end >= now else min(whole_day(end), now)
    summed = _Sum()
    for point in last_points(accounts, start):
        summed.add(point)
    samples = [summed.sample(start)] if summed.has_any else []
    for point in daily_points(accounts, after=start, until=until):
        summed.add(point)
        if samples and samples[-1].at == point.at:
            samples.pop()
        samples.append(summed.sample(point.at))
    return _ended(samples, accounts, until=until, now=now) or [summed.sample(start)]


class _Sum:
    """What accounts are worth by their newest points."""

    def __init__(self) -> None:
        self._newest: dict[UUID, tuple[Decimal, Decimal]] = {}
        self._equity = self._paid_in = _NOTHING

    @property
    def has_any(self) -> bool:
        return bool(self._newest)

    def add(self, point: Point) -> None:
        equity, paid_in = self._newest.get(point.account_id, (_NOTHING, _NOTHING))
        self._newest[point.account_id] = point.equity, point.paid_in
        self._equity += point.equity - equity
        self._paid_in += point.paid_in - paid_in

    def sample(self, at: datetime) -> Sample:
        return Sample(at, self._equity, self._paid_in)


def _ended(samples: list[Sample], accounts: TradingAccountQuerySet, *, until: datetime, now: datetime) -> list[Sample]:
    """Return the samples with the last at `until`: live where that is now."""
    if until == now:
        found = survey(accounts.order_by(), now=now).values()
        equity = sum((account.equity for account in found), _NOTHING)
        paid_in = sum((account.net_deposits for account in found), _NOTHING)
        return [*samples, Sample(now, equity, paid_in)]
    if not samples or samples[-1].at >= until:
        return samples
    return [*samples, replace(samples[-1], at=until)]
