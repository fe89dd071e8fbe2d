"""What the start page says of money: equity, profit of today, exposure and margin, one line a money; 30 days of equity.

The statements do not grow with the accounts, and none reads orders or fills.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Avg, Count

from accounts.models import TradingAccount
from core.exact import to_money
from core.fields import MoneyField
from trading.engine.money import initial_margin
from trading.models import EquityPoint, Position
from trading.selectors.daily_points import last_points
from trading.selectors.monies import Money, monies_of
from trading.selectors.survey import Surveyed, survey

DAYS = 30
MOST_SYMBOLS = 10
_DAY = timedelta(days=1)


@dataclass(slots=True)
class SymbolExposure:
    """All open positions in one instrument, of accounts of one money: notional at mid, and signed open profit."""

    symbol: str
    positions: int = 0
    notional: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)


@dataclass(slots=True)
class MoneyTotals:
    """What all accounts of one money are worth together; `pnl_today` is signed, since 00:00 UTC.

    `unpriced` positions had no quote: they stand at what they cost.
    """

    money: Money
    accounts: int = 0
    equity: Decimal = Decimal(0)
    pnl_today: Decimal = Decimal(0)
    exposure: Decimal = Decimal(0)
    margin_used: Decimal = Decimal(0)
    positions: int = 0
    unpriced: int = 0
    symbols: dict[str, SymbolExposure] = field(default_factory=dict)

    @property
    def largest(self) -> list[SymbolExposure]:
        """The instruments with most at stake, the largest first."""
        return sorted(self.symbols.values(), key=lambda each: (-each.notional, each.symbol))[:MOST_SYMBOLS]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What all accounts of one money were worth at a midnight, or now."""

    at: datetime
    equity: float


def money_totals(now: datetime) -> list[MoneyTotals]:
    """Return the totals of each money that accounts are in, the desk's own first; of no account one of nothing."""
    surveyed = survey(TradingAccount.objects.all(), now=now)
    before = {
        point.account_id: point.equity - point.paid_in
        for point in last_points(TradingAccount.objects.all(), _midnight(now))
    }
    margins = _margins()
    totals = [MoneyTotals(money) for money in monies_of([account.currency for account in surveyed.values()])]
    by_code = {code: total for total in totals for code in total.money.codes}
    for account in surveyed.values():
        total = by_code[account.currency]
        total.pnl_today += account.pnl - before.get(account.account_id, Decimal(0))
        if account.is_living:
            _add(total, account, margins.get(account.account_id, Decimal(0)))
    return totals


def equity_curve(totals: MoneyTotals, now: datetime) -> list[CurvePoint]:
    """Return what the accounts of a money were worth at each midnight of 30 days, in order, and now.

    A midnight at which an account has no point is left out: without it the sum would be a loss that nobody made.
    """
    midnights = [_midnight(now) - number * _DAY for number in reversed(range(DAYS))]
    codes = sorted(totals.money.codes)
    found = _sums(codes, midnights)
    opened, closed = _lifetimes(codes)
    curve = []
    for midnight in midnights:
        accounts, equity = found.get(midnight, (0, 0.0))
        if accounts and accounts >= bisect_right(opened, midnight) - bisect_right(closed, midnight):
            curve.append(CurvePoint(midnight, equity))
    return [*curve, CurvePoint(now, float(totals.equity))] if curve else []


def _add(total: MoneyTotals, account: Surveyed, margin: Decimal) -> None:
    total.accounts += 1
    total.equity += account.equity
    total.margin_used += margin
    for holding in account.holdings:
        total.positions += 1
        total.unpriced += not holding.is_priced
        total.exposure += holding.notional
        line = total.symbols.setdefault(holding.symbol, SymbolExposure(holding.symbol))
        line.positions += 1
        line.notional += holding.notional
        line.profit += holding.profit


def _margins() -> Mapping[UUID, Decimal]:
    """Return what open positions tie up, by account: each one's cost ÷ its leverage."""
    tied: dict[UUID, Decimal] = defaultdict(Decimal)
    for account_id, cost, leverage in (
        Position.objects.open().order_by().values_list("account", "entry_cost", "leverage")
    ):
        tied[account_id] += to_money(initial_margin(cost, leverage))
    return tied


def _sums(codes: Collection[str], midnights: Sequence[datetime]) -> dict[datetime, tuple[int, float]]:
    """Return how many accounts have a point at each midnight, and what they sum up to.

    Count times mean: a sum of many accounts has no room in the 64 bits of a column. A chart can do with floats.
    """
    points = EquityPoint.objects.filter(account__currency__in=codes, at__in=midnights).order_by()
    rows = points.values("at").annotate(
        many=Count("account", distinct=True), mean=Avg("equity", output_field=MoneyField())
    )
    return {row["at"]: (row["many"], float(row["mean"]) * row["many"]) for row in rows}


def _lifetimes(codes: Collection[str]) -> tuple[list[datetime], list[datetime]]:
    rows = list(TradingAccount.objects.filter(currency__in=codes).order_by().values_list("created_at", "deleted_at"))
    return sorted(row[0] for row in rows), sorted(row[1] for row in rows if row[1] is not None)


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC), time(0), tzinfo=UTC)
