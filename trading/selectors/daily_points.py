"""Reads what many accounts were worth day by day, in a fixed number of statements that each find rows by an index.

A day's value is that of 00:00 UTC, at which every account has a point of the hourly round. Where one is missing, as
after a night without a worker, the last point of that day stands for it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Transfer, TransferKind
from accounts.models.trading_accounts import TradingAccountQuerySet
from trading.models import EquityPoint

DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_PAYMENTS = (TransferKind.DEPOSIT, TransferKind.WITHDRAWAL)
_COLUMNS = ("id", "account", "at", "equity", "net_deposits")
_NOBODY = Q(pk__in=())
# A condition of more parts costs more than the rows that it spares, and SQLite takes no more than a thousand.
MOST_STRETCHES = 50


@dataclass(frozen=True, slots=True)
class Point:
    """What an account was worth at one moment, and what had been paid in by then, less what was paid out."""

    id: int
    account_id: UUID
    at: datetime
    equity: Decimal
    paid_in: Decimal


def last_points(accounts: TradingAccountQuerySet, until: datetime) -> list[Point]:
    """Return each account's last point at or before `until`; none of one that had none by then."""
    points = EquityPoint.objects.filter(account=OuterRef("pk"), at__lte=until).order_by("-at", "-id")
    last = accounts.order_by().annotate(last_point=Subquery(points.values("pk")[:1])).values("last_point")
    return _read(EquityPoint.objects.filter(pk__in=last))


def daily_points(accounts: TradingAccountQuerySet, *, after: datetime, until: datetime) -> list[Point]:
    """Return the points of accounts at each midnight and each payment, and the last ones at `until`, in order."""
    points = EquityPoint.objects.filter(account__in=accounts.order_by().values("pk"))
    inside = points.filter(at__gt=after, at__lte=until)
    midnights = list(_midnights(after, until))
    found = _read(points.filter(at__in=midnights))
    paid = Transfer.objects.filter(account__in=accounts.order_by().values("pk"), kind__in=_PAYMENTS)
    paid_at = paid.filter(created_at__gt=after, created_at__lte=until).order_by().values("created_at")
    at_payments = _read(points.filter(at__in=paid_at))
    lacking = _lacking(accounts, found, midnights=midnights)
    others = _last_of_days(_read(inside.filter(_within([*lacking, until]))))
    unique = {point.id: point for point in (*found, *at_payments, *others)}
    return sorted(unique.values(), key=lambda point: (point.at, point.id))


def _read(points: QuerySet[EquityPoint]) -> list[Point]:
    rows: Any = points.order_by().values_list(*_COLUMNS)
    return [Point(*row) for row in rows]


def _midnights(after: datetime, until: datetime) -> Iterator[datetime]:
    midnight = _midnight_of(after) + DAY
    while midnight <= until:
        yield midnight
        midnight += DAY


def _midnight_of(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC), time(0), tzinfo=UTC)


def _lacking(
    accounts: TradingAccountQuerySet, found: Sequence[Point], *, midnights: Sequence[datetime]
) -> list[datetime]:
    """Return the midnights at which an account that was open by then has no point."""
    opened = sorted(accounts.order_by().values_list("created_at", flat=True))
    there: dict[datetime, set[UUID]] = {midnight: set() for midnight in midnights}
    for point in found:
        there[point.at].add(point.account_id)
    return [midnight for midnight in midnights if len(there[midnight]) < bisect_left(opened, midnight)]


def _within(ends: Sequence[datetime]) -> Q:
    """Return the condition of points in the days that end then, the last of which may end before midnight."""
    stretches = _joined([(_midnight_of(end - _INSTANT), end) for end in ends])
    if len(stretches) > MOST_STRETCHES:
        stretches = [(stretches[0][0], stretches[-1][1])]
    condition = _NOBODY
    for start, end in stretches:
        condition |= Q(at__gt=start, at__lte=end)
    return condition


def _joined(stretches: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return stretches of time, in order, with neighbours made one."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in stretches:
        if joined and joined[-1][1] >= start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _last_of_days(points: Sequence[Point]) -> list[Point]:
    """Return of each account the last point of every day; one at 00:00 is of the day that ends then."""
    last: dict[tuple[UUID, date], Point] = {}
    for point in sorted(points, key=lambda each: (each.at, each.id)):
        last[point.account_id, (point.at.astimezone(UTC) - _INSTANT).date()] = point
    return list(last.values())
