"""What accounts earned: one of them over a range of time, with its curve; many of them in short, over all time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, ExpressionWrapper, F, Q, QuerySet, Sum, Window
from django.db.models.functions import Lag, RowNumber, TruncDay, TruncHour

from accounts.figures import Figures
from accounts.models import Book, TradingAccount, Transfer, TransferKind
from trading.engine import metrics
from trading.models import EquityPoint, Position
from trading.selectors.desks import load_holdings

DAYS_A_YEAR = 365
LONGEST_CURVE = 500
# Up to so many days a curve has a point an hour, beyond that a point a day.
MOST_DAYS_BY_HOUR = 20
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LAST_SECOND = time(23, 59, 59, tzinfo=UTC)
_NOTHING = Decimal(0)
Accounts = Sequence[TradingAccount] | QuerySet[TradingAccount]
_SUMMED = (TransferKind.TRADE_PNL, TransferKind.COMMISSION, TransferKind.FUNDING)


@dataclass(frozen=True, slots=True)
class Sample:
    """What an account was worth at one moment, and what had been paid in by then, less what was paid out."""

    at: datetime
    equity: Decimal
    paid_in: Decimal


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one account over a range. Ratios are fractions, `max_drawdown` from -1 to 0; None: it has no value.

    Money is in the account's currency: `total_pnl` what it gained, open profit and costs included; `realized_pnl`
    (before fees), `fees` (not negative) and `funding` (signed) what the ledger booked. `paid_in` is signed. Trades are
    the positions that were closed, `expectancy` what one brought on average after costs.
    """

    days: float
    start_equity: Decimal
    end_equity: Decimal
    paid_in: Decimal
    total_pnl: Decimal
    realized_pnl: Decimal
    fees: Decimal
    funding: Decimal
    total_return: float | None
    cagr: float | None
    volatility: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    calmar_ratio: float | None
    max_drawdown: float | None
    total_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None


@dataclass(frozen=True, slots=True)
class Performance:
    """The metrics of an account from `start` to `end`, and its equity in at most LONGEST_CURVE samples."""

    account_id: UUID
    start: datetime
    end: datetime
    metrics: Metrics
    equity_curve: list[Sample]


@dataclass(frozen=True, slots=True)
class Summary:
    """What an account earned since it was opened, in its currency. Trades are closed positions."""

    total_pnl: Decimal
    realized_pnl: Decimal = _NOTHING
    fees: Decimal = _NOTHING
    funding: Decimal = _NOTHING
    total_trades: int = 0
    winning_trades: int = 0

    @property
    def win_rate(self) -> float | None:
        return self.winning_trades / self.total_trades if self.total_trades else None


def performance_of(account: TradingAccount, *, start: datetime, end: datetime, now: datetime) -> Performance:
    """Measure an account from `start` to `end`, until `now` where that comes first; the statements are always as many.

    On equity by the day (00:00 UTC), open profit included, payments taken out. Sharpe, Sortino and volatility count
    the days that are over, all else what has become of the account by the end.
    """
    samples = _samples(account, start=start, end=end, now=now)
    told = metrics_of([account], samples, start=start, end=end)
    return Performance(account.id, start, end, told, evenly(samples, LONGEST_CURVE))


def metrics_of(accounts: Accounts, samples: Sequence[Sample], *, start: datetime, end: datetime) -> Metrics:
    """Return the metrics of accounts that were worth `samples` together, oldest first, at least one: two statements."""
    nets, booked = _closed(accounts, start, end), _booked(accounts, start, end)
    first, last = samples[0], samples[-1]
    paid_in = last.paid_in - first.paid_in
    return Metrics(
        days=(last.at - first.at) / DAY,
        start_equity=first.equity,
        end_equity=last.equity,
        paid_in=paid_in,
        total_pnl=last.equity - first.equity - paid_in,
        realized_pnl=booked[TransferKind.TRADE_PNL],
        fees=-booked[TransferKind.COMMISSION],
        funding=booked[TransferKind.FUNDING],
        **_ratios(samples),
        **metrics.of_trades(nets),
    )


def summaries_of(accounts: Sequence[TradingAccount], figures: Mapping[UUID, Figures]) -> dict[UUID, Summary]:
    """Return what each account earned since it was opened, in one statement for all of them."""
    closed = Q(is_open=False)
    rows = (
        Position.objects.filter(account__in=[account.id for account in accounts])
        .order_by()
        .values("account")
        .annotate(
            realized=Sum("realized_pnl"),
            fees=Sum("fee"),
            funded=Sum("funding"),
            trades=Count("pk", filter=closed),
            won=Count("pk", filter=closed & Q(realized_pnl__gt=F("fee") - F("funding"))),
        )
    )
    found = {row["account"]: row for row in rows}
    return {account.id: _summary(account, figures[account.id], found.get(account.id)) for account in accounts}


def _summary(account: TradingAccount, figures: Figures, row: dict[str, Any] | None) -> Summary:
    total_pnl = figures.equity - account.net_deposits
    if row is None:
        return Summary(total_pnl)
    return Summary(total_pnl, row["realized"], row["fees"], row["funded"], row["trades"], row["won"])


def _samples(account: TradingAccount, *, start: datetime, end: datetime, now: datetime) -> list[Sample]:
    """Return what the account was worth at `start` or when it got its first money, then on, and at the end."""
    until = now if end >= now else min(whole_day(end), now)
    points = EquityPoint.objects.filter(account=account)
    before = points.filter(at__lte=start).order_by("-at", "-id").values_list("at", "equity", "net_deposits")[:1]
    inside = _thinned(points.filter(at__gt=start, at__lte=until), by_hour=end - start <= MOST_DAYS_BY_HOUR * DAY)
    samples = [replace(Sample(*row), at=start) for row in before] + [Sample(*row) for row in inside]
    if until == now:
        return [*samples, _live(account, now=now)]
    if not samples:
        return [Sample(start, _NOTHING, _NOTHING)]
    return samples if samples[-1].at == until else [*samples, replace(samples[-1], at=until)]


def whole_day(end: datetime) -> datetime:
    """Return the midnight that a range up to the last second of a day means, any other end as it is."""
    return end + SECOND if end.astimezone(UTC).timetz() == LAST_SECOND else end


def _live(account: TradingAccount, *, now: datetime) -> Sample:
    desk = load_holdings([account.id], instruments=[], clock=lambda: now, lock=False)
    read = desk.accounts.get(account.id, account)
    return Sample(now, desk.equity(account.id) if desk.accounts else read.balance, read.net_deposits)


def _thinned(points: QuerySet[EquityPoint], *, by_hour: bool) -> QuerySet[EquityPoint, tuple[Any, ...]]:
    """Return the last point of each hour or day, the first of all, and each one at which money was paid in or out.

    A point at 00:00 is the last one of the day that ends then.
    """
    moment = ExpressionWrapper(F("at") - timedelta(microseconds=1), output_field=DateTimeField())
    bucket = (TruncHour if by_hour else TruncDay)(moment, tzinfo=UTC)
    newest_first, in_order = [F("at").desc(), F("id").desc()], [F("at").asc(), F("id").asc()]
    ranked = points.annotate(
        rank=Window(RowNumber(), partition_by=[bucket], order_by=newest_first),
        paid_before=Window(Lag("net_deposits"), order_by=in_order),
    )
    wanted = ranked.filter(Q(rank=1) | Q(paid_before=None) | ~Q(paid_before=F("net_deposits")))
    return wanted.order_by("at", "id").values_list("at", "equity", "net_deposits")


def _closed(accounts: Accounts, start: datetime, end: datetime) -> list[float]:
    """Return what each position that was closed then brought, after fees and funding."""
    closed = Position.objects.filter(account__in=accounts, is_open=False, closed_at__gte=start, closed_at__lte=end)
    rows = closed.order_by("closed_at", "pk").values_list("realized_pnl", "fee", "funding")
    return [float(realized - fee + funding) for realized, fee, funding in rows]


def _booked(accounts: Accounts, start: datetime, end: datetime) -> dict[str, Decimal]:
    """Return what the ledger booked by kind, signed for the account."""
    rows = Transfer.objects.filter(account__in=accounts, kind__in=_SUMMED, created_at__gte=start, created_at__lte=end)
    sums: dict[str, Decimal] = dict.fromkeys(_SUMMED, _NOTHING)
    summed = rows.order_by().values("kind", "debit").annotate(total=Sum("amount"))
    for kind, debit, total in summed.values_list("kind", "debit", "total"):
        sums[kind] += total if debit == Book.CASH else -total
    return sums


def _ratios(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return what the engine says of equity with payments taken out."""
    equity, paid_in = [float(each.equity) for each in samples], [float(each.paid_in) for each in samples]
    grown = metrics.growth(metrics.returns_without_payments(equity, paid_in))
    over = _at_midnights(samples, grown)
    daily = metrics.returns_without_payments(over, [0] * len(over))
    by_day = [*over, grown[-1]]
    yearly, fall = metrics.cagr(by_day, (samples[-1].at - samples[0].at) / DAY), metrics.max_drawdown(by_day)
    return {
        "total_return": metrics.total_return(grown),
        "cagr": yearly,
        "volatility": metrics.volatility(daily, DAYS_A_YEAR),
        "sharpe_ratio": metrics.sharpe(daily, DAYS_A_YEAR),
        "sortino_ratio": metrics.sortino(daily, DAYS_A_YEAR),
        "calmar_ratio": metrics.calmar(yearly, fall),
        "max_drawdown": fall if len(samples) > 1 else None,
    }


def _at_midnights(samples: Sequence[Sample], grown: Sequence[float]) -> list[float]:
    """Return the first value, and what stood at each 00:00 UTC from then to the last sample."""
    values = [grown[0]]
    midnight = datetime.combine(samples[0].at.astimezone(UTC), time(0), tzinfo=UTC) + DAY
    for index, sample in enumerate(samples):
        while sample.at > midnight:
            values.append(grown[index - 1])
            midnight += DAY
    return [*values, grown[-1]] if samples[-1].at == midnight else values


def evenly(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Return at most so many samples, evenly by their number, the first and the last among them."""
    if len(samples) <= most:
        return list(samples)
    picked: Iterable[int] = (round(number * (len(samples) - 1) / (most - 1)) for number in range(most))
    return [samples[index] for index in picked]
