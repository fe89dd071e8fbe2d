"""What losses and gains are measured from: the profit of a scope as a day and a month began, and at its best.

The monitor keeps the marks. Rows of limits are locked before their marks are touched, and after accounts.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal, localcontext
from uuid import UUID

from django.utils import timezone

from accounts.models import TradingAccount
from core.bulk import update_rows
from core.exact import WIDE
from trading.measures import ON_PROFIT, storable
from trading.models import LimitMark, RiskLimit, ScopeType
from trading.selectors.monies import of_own_money, own_money
from trading.selectors.survey import Surveyed, survey

MONEY = ("day_pnl", "month_pnl", "peak_pnl", "pnl", "equity")
_HAVE_MEMBERS = (ScopeType.GROUP, ScopeType.BOT)
_NOTHING = Decimal(0)


def marked_on(mark: LimitMark | None, limit: RiskLimit, *, pnl: Decimal, equity: Decimal, now: datetime) -> LimitMark:
    """Return the mark of a limit after a look at its scope: a new UTC day, or month, begins at `pnl`, the best
    only rises.

    Both in quote currency, signed, summed up over the accounts covered.
    """
    pnl, equity, day = storable(pnl), storable(equity), now.date()
    if mark is None:
        mark = LimitMark(limit=limit, day=day, day_pnl=pnl, month_pnl=pnl, peak_pnl=pnl)
    if day.replace(day=1) > mark.day.replace(day=1):
        mark.month_pnl = pnl
    if day > mark.day:
        mark.day, mark.day_pnl = day, pnl
    mark.peak_pnl = max(mark.peak_pnl, pnl)
    mark.pnl, mark.equity, mark.measured_at = pnl, equity, now
    return mark


def shift_marks(scope_type: str, scope_id: UUID, *, before: Collection[UUID], after: Collection[UUID]) -> None:
    """Take what accounts had won or lost before into the marks of a scope they join, and out of one they leave.

    `before` and `after` are all that it covers; those that are not of their own money count for nothing. In the
    caller's transaction. One statement where no loss and no gain of the scope is measured.
    """
    # All that members come to and leave, in the monitor's order: one change may go through several scopes.
    limits = RiskLimit.objects.filter(limit_type__in=ON_PROFIT, scope_type__in=_HAVE_MEMBERS)
    locked = list(limits.order_by("pk").select_for_update(no_key=True))
    own = [limit for limit in locked if (limit.scope_type, limit.scope_id) == (scope_type, scope_id)]
    marks = list(LimitMark.objects.filter(limit__in=own)) if own else []
    if not marks:
        return
    with localcontext(WIDE):
        found = survey(TradingAccount.objects.filter(pk__in={*before, *after}), now=timezone.now())
        was, becomes = ([found[pk] for pk in ids if pk in found] for ids in (before, after))
        if own_money(was).name != own_money(becomes).name:
            # Nothing of one money says anything in another: the next look begins anew.
            LimitMark.objects.filter(limit__in=own).delete()
            return
        _shift(marks, was=of_own_money(was), becomes=of_own_money(becomes))
    update_rows(LimitMark, marks, MONEY)


def _shift(marks: Collection[LimitMark], *, was: Collection[Surveyed], becomes: Collection[Surveyed]) -> None:
    pnl = sum((each.pnl for each in becomes), _NOTHING) - sum((each.pnl for each in was), _NOTHING)
    equity = sum((each.equity for each in becomes), _NOTHING) - sum((each.equity for each in was), _NOTHING)
    for mark in marks:
        for name in ("day_pnl", "month_pnl", "peak_pnl", "pnl"):
            setattr(mark, name, storable(getattr(mark, name) + pnl))
        mark.equity = storable(mark.equity + equity)
