"""What a bot earned: by day, week, month and account, from the positions that its orders had a part in.

A position is the bot's, whole, as soon as an order in its name opened, changed or closed it: so is what somebody added
to it or sold of it by hand, its fees and its funding. A trade is one of these that is closed, and counts when it is.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDay

from trading.models import Fill
from trading.models.querysets import PositionQuerySet
from trading.selectors.in_the_name import open_positions_of_bot, positions_of_bot
from trading.selectors.positions import MarkedPosition, mark_positions

_NOTHING = Decimal(0)
# Signed: what the price brought and funding brought, less all fees.
_NET = F("realized_pnl") + F("funding") - F("fee")
_WON = Q(realized_pnl__gt=F("fee") - F("funding"))
_LOST = Q(realized_pnl__lt=F("fee") - F("funding"))
# In the order of the fields of Trades.
_FIGURES = {
    "trades": Count("pk"),
    "won": Count("pk", filter=_WON),
    "beaten": Count("pk", filter=_LOST),
    "realized": Sum("realized_pnl"),
    "fees": Sum("fee"),
    "funded": Sum("funding"),
    "gained": Sum(_NET, filter=_WON),
    "lost": Sum(_NET, filter=_LOST),
}


@dataclass(frozen=True, slots=True)
class Trades:
    """Trades together, in quote currency: `realized_pnl` (before fees) and `funding` signed, `fees` not negative.

    `gained` is what the winning ones brought after costs, `lost` (not positive) what the losing ones did.
    """

    total_trades: int = 0
    winning_trades: int = 0
    losing_trades: int = 0
    realized_pnl: Decimal = _NOTHING
    fees: Decimal = _NOTHING
    funding: Decimal = _NOTHING
    gained: Decimal = _NOTHING
    lost: Decimal = _NOTHING

    @property
    def pnl(self) -> Decimal:
        """What they brought after costs, signed."""
        return self.realized_pnl - self.fees + self.funding

    @property
    def win_rate(self) -> float | None:
        return self.winning_trades / self.total_trades if self.total_trades else None

    @property
    def profit_factor(self) -> float | None:
        """Σ profits ÷ |Σ losses|; None without a loss."""
        return float(self.gained / -self.lost) if self.lost else None

    @property
    def expectancy(self) -> float | None:
        """What one brought on average."""
        return float(self.pnl / self.total_trades) if self.total_trades else None

    def __add__(self, other: "Trades") -> "Trades":
        return Trades(
            self.total_trades + other.total_trades,
            self.winning_trades + other.winning_trades,
            self.losing_trades + other.losing_trades,
            self.realized_pnl + other.realized_pnl,
            self.fees + other.fees,
            self.funding + other.funding,
            self.gained + other.gained,
            self.lost + other.lost,
        )


@dataclass(frozen=True, slots=True)
class Earned:
    """Trades, and what the open positions beside them have brought so far: after costs, None where one has no price."""

    trades: Trades = field(default_factory=Trades)
    open_positions: int = 0
    open_pnl: Decimal | None = _NOTHING

    def __getattr__(self, name: str) -> Any:
        return getattr(self.trades, name)

    def __add__(self, other: "Earned") -> "Earned":
        return Earned(
            self.trades + other.trades,
            self.open_positions + other.open_positions,
            None if self.open_pnl is None or other.open_pnl is None else self.open_pnl + other.open_pnl,
        )


@dataclass(frozen=True, slots=True)
class Periods:
    """Trades by the UTC day ("2026-03-02"), ISO week ("2026-W10") and month ("2026-03") in which they were closed."""

    daily: Mapping[str, Trades]
    weekly: Mapping[str, Trades]
    monthly: Mapping[str, Trades]


def earned_by_account(bot_id: UUID, account_ids: Collection[UUID], *, now: datetime) -> dict[UUID, Earned]:
    """Return what a bot earned on each of these accounts and on each other that it ever traded.

    Two statements and those of the newest prices, one for each market that it holds.
    """
    trades = _summed(positions_of_bot(bot_id), "account")
    opened: dict[UUID, Earned] = defaultdict(Earned)
    held = open_positions_of_bot(bot_id).select_related("instrument").order_by("account", "pk")
    for marked in mark_positions(list(held), now=now):
        opened[marked.position.account_id] += Earned(open_positions=1, open_pnl=_brought(marked))
    ids = sorted({*account_ids, *trades, *opened})
    return {pk: Earned(trades.get(pk, Trades())) + opened[pk] for pk in ids}


def earned_together(by_account: Mapping[UUID, Earned]) -> Earned:
    """Return what a bot earned on all of its accounts."""
    return sum(by_account.values(), Earned())


def earned_by_period(bot_id: UUID) -> Periods:
    """Return a bot's trades by day, week and month, ascending, those with a trade only; one statement."""
    days = _summed(positions_of_bot(bot_id).annotate(day=TruncDay("closed_at", tzinfo=UTC)), "day")
    return Periods(_by(days, date.isoformat), _by(days, _week), _by(days, _month))


def earned_since(bot_ids: Collection[UUID], since: datetime) -> dict[UUID, Decimal]:
    """Return what the trades of bots that were closed since then brought after costs, signed, by bot; one statement.

    A bot without such a trade is absent.
    """
    pairs = Fill.objects.filter(order__bot_id__in=bot_ids, position__closed_at__gte=since)
    net = F("position__realized_pnl") + F("position__funding") - F("position__fee")
    # A bot's orders may have had more than one fill on a position: it counts once.
    rows = pairs.order_by().values_list("order__bot_id", "position_id").annotate(net=net).distinct()
    earned: dict[UUID, Decimal] = defaultdict(Decimal)
    for bot_id, _, brought in rows:
        earned[bot_id] += brought
    return dict(earned)


def _summed(positions: PositionQuerySet, key: str) -> dict[Any, Trades]:
    closed = positions.filter(is_open=False).order_by(key)
    rows = closed.values(key).annotate(**_FIGURES).values_list(key, *_FIGURES)
    return {value: Trades(*map(_figure, figures)) for value, *figures in rows}


def _figure(value: Any) -> Any:
    """Return a count, or a sum: of no rows that is nothing."""
    return _NOTHING if value is None else value


def _by(days: Mapping[datetime, Trades], name: Callable[[date], str]) -> dict[str, Trades]:
    found: dict[str, Trades] = defaultdict(Trades)
    for day, trades in days.items():
        found[name(day.date())] += trades
    return dict(found)


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _brought(marked: MarkedPosition) -> Decimal | None:
    """Return what an open position has brought so far after costs, its closed part and its open profit."""
    position, open_profit = marked.position, marked.unrealized_pnl
    if open_profit is None:
        return None
    return position.realized_pnl + open_profit + position.funding - position.fee
