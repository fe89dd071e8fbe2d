"""What limits measure on the profit of their scope, a line for each type, and how near a measure comes to its value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.exact import LARGEST_SCALED, MONEY_SCALE, from_scaled, to_money
from trading.models import LimitMark, LimitType, RiskLimit, Severity

OK = "ok"
_FROM_THE_WORST = (Severity.BREACH, Severity.CRITICAL, Severity.WARNING)
_NOTHING = Decimal(0)
_MOST = from_scaled(LARGEST_SCALED, MONEY_SCALE)


@dataclass(frozen=True, slots=True)
class OnProfit:
    """How a type of limit is measured: on its mark, the scope's profit (signed), its equity and the UTC date.

    `words` say it of a measure, which has this `unit` and is never negative. Losses halt a scope; a goal is reached.
    """

    of: Callable[[LimitMark, Decimal, Decimal, date], Decimal]
    words: str
    unit: str = ""
    is_loss: bool = True


def verdict_of(measure: Decimal, limit: RiskLimit) -> str:
    """Return ok, warning, critical or breach for a measure against a limit."""
    return next((severity.value for severity in _FROM_THE_WORST if reaches(measure, limit, severity)), OK)


def reaches(measure: Decimal, limit: RiskLimit, severity: str) -> bool:
    """Say whether a measure is at a threshold of a limit, or, for a breach, beyond its value.

    A goal is reached or not: one warning says so.
    """
    if limit.limit_type in GOALS:
        return severity == Severity.WARNING and measure >= limit.limit_value
    match severity:
        case Severity.BREACH:
            return measure > limit.limit_value
        case Severity.CRITICAL:
            return measure >= limit.limit_value * limit.critical_threshold
    return measure >= limit.limit_value * limit.warning_threshold


def measured(limit: RiskLimit, mark: LimitMark, *, now: datetime) -> Decimal:
    """Return what a limit of ON_PROFIT measures as its mark has it, as a column holds it."""
    return storable(ON_PROFIT[LimitType(limit.limit_type)].of(mark, mark.pnl, mark.equity, now.date()))


def storable(value: Decimal) -> Decimal:
    """Return money as a column holds it: what paper accounts are worth together may be more than 64 bits."""
    return max(-_MOST, min(_MOST, value))


def lost_percent(from_pnl: Decimal, pnl: Decimal, equity: Decimal) -> Decimal:
    """Return what was lost since a moment, in percent of what there would be without that, from 0 to 100.

    lost ÷ (equity + lost), lost = from_pnl − pnl; all of it where nothing would be left.
    """
    lost = max(_NOTHING, from_pnl - pnl)
    if not lost:
        return _NOTHING
    without = equity + lost
    return to_money(min(Decimal(100), 100 * lost / without)) if without > 0 else Decimal(100)


def gained_percent(from_pnl: Decimal, pnl: Decimal, equity: Decimal) -> Decimal:
    """Return what was gained since a moment, in percent of what there would be without that, never negative.

    gained ÷ (equity − gained), gained = pnl − from_pnl; 0 where there would be nothing to gain on.
    """
    gained = max(_NOTHING, pnl - from_pnl)
    without = equity - gained
    return to_money(100 * gained / without) if without > 0 else _NOTHING


def _lost_today(mark: LimitMark, pnl: Decimal, equity: Decimal, day: date) -> Decimal:
    return max(_NOTHING, _day_began_at(mark, day) - pnl)


def _lost_today_percent(mark: LimitMark, pnl: Decimal, equity: Decimal, day: date) -> Decimal:
    return lost_percent(_day_began_at(mark, day), pnl, equity)


def _lost_since_the_peak(mark: LimitMark, pnl: Decimal, equity: Decimal, day: date) -> Decimal:
    return lost_percent(mark.peak_pnl, pnl, equity)


def _gained_this_month(mark: LimitMark, pnl: Decimal, equity: Decimal, day: date) -> Decimal:
    return gained_percent(mark.month_pnl, pnl, equity)


def _day_began_at(mark: LimitMark, day: date) -> Decimal:
    """Return the profit at the first look of a UTC date, signed; before that look, the newest measure."""
    return mark.day_pnl if mark.day == day else mark.pnl


ON_PROFIT = {
    LimitType.DAILY_LOSS: OnProfit(_lost_today, "{measure} was lost today"),
    LimitType.DAILY_DRAWDOWN: OnProfit(_lost_today_percent, "{measure} % was lost today", " %"),
    LimitType.DRAWDOWN: OnProfit(_lost_since_the_peak, "{measure} % was lost since the best moment", " %"),
    LimitType.MONTHLY_TARGET: OnProfit(_gained_this_month, "{measure} % was gained this month", " %", is_loss=False),
}
LOSSES = tuple(limit_type for limit_type, measure in ON_PROFIT.items() if measure.is_loss)
GOALS = tuple(limit_type for limit_type, measure in ON_PROFIT.items() if not measure.is_loss)
