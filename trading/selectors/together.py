"""What several accounts earned as if they were one: their equity summed, day by day; a fixed number of statements.

The accounts are of one money: the caller does not mix currencies that are not at par. An account counts from its
first point on, with what had been paid in by then; one that is worth nothing is not missed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Cast, Lag, RowNumber, Substr

from accounts.models.trading_accounts import TradingAccountQuerySet
from trading.models import EquityPoint
from trading.selectors.performance import DAY, LONGEST_CURVE, Metrics, Sample, evenly, metrics_of, whole_day
from trading.selectors.survey import survey

_COLUMNS = ("account", "at", "equity", "net_deposits")
_NOTHING = Decimal(0)

Row = tuple[UUID, datetime, Decimal, Decimal]


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
    for account_id, _, equity, paid_in in _before(accounts, start):
        summed.add(account_id, equity, paid_in)
    samples = [summed.sample(start)] if summed.has_any else []
    for account_id, at, equity, paid_in in _inside(accounts, start, until):
        summed.add(account_id, equity, paid_in)
        if samples and samples[-1].at == at:
            samples.pop()
        samples.append(summed.sample(at))
    return _ended(samples, accounts, until=until, now=now) or [summed.sample(start)]


class _Sum:
    """What accounts are worth by their newest points."""

    def __init__(self) -> None:
        self._newest: dict[UUID, tuple[Decimal, Decimal]] = {}
        self._equity = self._paid_in = _NOTHING

    @property
    def has_any(self) -> bool:
        return bool(self._newest)

    def add(self, account_id: UUID, equity: Decimal, paid_in: Decimal) -> None:
        old_equity, old_paid_in = self._newest.get(account_id, (_NOTHING, _NOTHING))
        self._newest[account_id] = equity, paid_in
        self._equity += equity - old_equity
        self._paid_in += paid_in - old_paid_in

    def sample(self, at: datetime) -> Sample:
        return Sample(at, self._equity, self._paid_in)


def _before(accounts: TradingAccountQuerySet, start: datetime) -> Iterable[Row]:
    """Return each account's last point until `start`."""
    until = EquityPoint.objects.filter(account=OuterRef("pk"), at__lte=start).order_by("-at", "-id")
    last = accounts.order_by().annotate(last_point=Subquery(until.values("pk")[:1])).values("last_point")
    rows: Any = EquityPoint.objects.filter(pk__in=last).order_by("account").values_list(*_COLUMNS)
    return rows


def _inside(accounts: TradingAccountQuerySet, start: datetime, until: datetime) -> Iterable[Row]:
    """Return each account's last point of every day, those at midnight, its first, and those at payments, in order.

    The day is read off the text of the time: truncating it costs SQLite ten times as much.
    """
    points = EquityPoint.objects.filter(account__in=accounts.order_by().values("pk"), at__gt=start, at__lte=until)
    day = Substr(Cast("at", CharField()), 1, 10)
    newest_first, in_order = [F("at").desc(), F("id").desc()], [F("at").asc(), F("id").asc()]
    ranked = points.annotate(
        rank=Window(RowNumber(), partition_by=[F("account"), day], order_by=newest_first),
        paid_before=Window(Lag("net_deposits"), partition_by=[F("account")], order_by=in_order),
    )
    paid = Q(paid_before=None) | ~Q(paid_before=F("net_deposits"))
    wanted = ranked.filter(Q(rank=1) | Q(at__in=_midnights(start, until)) | paid)
    rows: Any = wanted.order_by("at", "id").values_list(*_COLUMNS)
    return rows


def _midnights(start: datetime, until: datetime) -> list[datetime]:
    first = datetime.combine(start.astimezone(UTC), time(0), tzinfo=UTC) + DAY
    return [first + number * DAY for number in range((until - first) // timedelta(days=1) + 1)]


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
