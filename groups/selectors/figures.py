"""What a group is worth now, how near it is to its limits, how its streams are, and what it earned in short.

A fixed number of statements whatever the number of accounts. Nothing in it is of one account: who is only shown the
group sees what it is together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.facts import account_stream
from accounts.figures import figures_of
from accounts.models import TradingAccount
from core.streams.health import StreamHealth, stream_health
from groups.models import AccountGroup
from groups.selectors.money import Sum, members_of, sums_of
from trading.measures import ON_PROFIT, measured, verdict_of
from trading.models import Position, RiskAlert, RiskLimit, ScopeType, Severity, Switch, SwitchState
from trading.selectors.performance import Summary, summaries_of

_COUNTED = tuple(field.name for field in fields(Summary))


@dataclass(frozen=True, slots=True)
class LimitState:
    """One limit of the group: what it measured last and when, None before its first look, and how near that is."""

    limit: RiskLimit
    current_value: Decimal | None
    status: str | None
    measured_at: datetime | None


@dataclass(frozen=True, slots=True)
class Risk:
    """The group's switch, its limits, its alerts that stand by severity, and how many positions its accounts hold."""

    state: str
    flattening: bool
    reason: str
    limits: Sequence[LimitState]
    alerts: dict[str, int]
    open_positions: int


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """All of that at one moment; `sums` has the group's own money first."""

    sums: Sequence[Sum]
    risk: Risk
    streams: StreamHealth


@dataclass(frozen=True, slots=True)
class Earned:
    """What the accounts of a group's own money are worth, and earned since they were opened."""

    currency: str
    equity: Decimal
    total_pnl: Decimal
    realized_pnl: Decimal
    fees: Decimal
    funding: Decimal
    total_trades: int
    winning_trades: int

    @property
    def win_rate(self) -> float | None:
        return self.winning_trades / self.total_trades if self.total_trades else None


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """What a group earned in short, and how the streams of its accounts are."""

    earned: Earned
    streams: StreamHealth


def figures_of_group(group: AccountGroup, *, now: datetime) -> GroupFigures:
    """Return the figures of a group at `now`."""
    accounts = list(members_of(group))
    sums = sums_of(accounts, figures_of(accounts, now))
    return GroupFigures(sums, _risk_of(group, accounts, now=now), _streams_of(accounts, now=now))


def summary_of_group(group: AccountGroup, *, now: datetime) -> GroupSummary:
    """Return what a group earned, in short, at `now`."""
    accounts = list(members_of(group))
    figures = figures_of(accounts, now)
    there = [account for account in accounts if account.id in figures]
    [own, *others] = sums_of(there, figures)
    foreign = {other.currency for other in others}
    summaries = summaries_of([account for account in there if account.currency not in foreign], figures)
    counted = {name: sum(getattr(each, name) for each in summaries.values()) for name in _COUNTED}
    return GroupSummary(Earned(own.currency, own.equity, **_as_money(counted)), _streams_of(accounts, now=now))


def _as_money(counted: dict[str, Any]) -> dict[str, Any]:
    """Nothing at all is a whole number where it was summed: as money it is a decimal."""
    return {name: value if name.endswith("_trades") else Decimal(value) for name, value in counted.items()}


def _risk_of(group: AccountGroup, accounts: Sequence[TradingAccount], *, now: datetime) -> Risk:
    scoped = {"scope_type": ScopeType.GROUP, "scope_id": group.id}
    switch = Switch.objects.filter(**scoped).first() or Switch(**scoped, state=SwitchState.ACTIVE)
    limits = RiskLimit.objects.filter(**scoped, enabled=True).select_related("mark").order_by("created_at", "pk")
    severities = list(RiskAlert.objects.standing().filter(**scoped).values_list("severity", flat=True))
    return Risk(
        state=switch.state,
        flattening=switch.flattening,
        reason=switch.reason,
        limits=[_state_of(limit, now=now) for limit in limits],
        alerts={severity.value: severities.count(severity.value) for severity in Severity},
        open_positions=Position.objects.open().filter(account__in=accounts).count(),
    )


def _state_of(limit: RiskLimit, *, now: datetime) -> LimitState:
    mark = getattr(limit, "mark", None)
    if mark is None or limit.limit_type not in ON_PROFIT:
        return LimitState(limit, None, None, None)
    value = measured(limit, mark, now=now)
    return LimitState(limit, value, verdict_of(value, limit), mark.measured_at)


def _streams_of(accounts: Sequence[TradingAccount], *, now: datetime) -> StreamHealth:
    return stream_health([account_stream(account.id) for account in accounts], now=now)
