"""What the monitor reads off accounts for each limit that holds after a trade; positions and profit at newest prices.

Of each account that a limit covers: its positions, its exposure, how many it holds. Of all of them together: what
they lost. Order sizes, leverage and rates are the order's own, and asked before it only.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from accounts.models import TradingAccount
from accounts.models.trading_accounts import TradingAccountQuerySet
from core.exact import plain
from trading.measures import GOALS, ON_PROFIT, measured, storable
from trading.models import AccountScope, LimitMark, LimitType, RiskLimit, ScopeType
from trading.selectors.monies import of_own_money
from trading.selectors.survey import Holding, Surveyed, profits_by_instrument, survey
from trading.services.risk.marks import marked_on

_EVERYBODY = (ScopeType.SYSTEM, ScopeType.SYMBOL)


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure against one limit: of an account, or, without one, of all that the scope covers together."""

    limit: RiskLimit
    account_id: UUID | None
    symbol: str
    value: Decimal
    what: str

    @property
    def message(self) -> str:
        word = "target" if self.limit.limit_type in GOALS else "limit"
        return f"{self.what}; the {word} is {plain(self.limit.limit_value)} (scope: {self.limit.scope_type})."


@dataclass(frozen=True, slots=True)
class Look:
    """All readings of one moment, and the marks as they leave them; `unread` limits had a position without a price."""

    readings: list[Reading]
    marks: list[LimitMark]
    unread: set[UUID]


def read_limits(limits: Collection[RiskLimit], marks: Mapping[UUID, LimitMark], *, now: datetime) -> Look:
    """Read every limit once; the statements do not grow with limits or accounts. `marks` by limit."""
    scopes = _Scopes(limits, survey(_accounts_of(limits), now=now), now=now)
    look = Look([], [], set())
    for limit in limits:
        if limit.limit_type in ON_PROFIT:
            _read_profit(limit, marks.get(limit.id), scopes=scopes, look=look, now=now)
        elif limit.limit_type in _OF_EACH:
            look.readings.extend(_read_each(limit, scopes))
    return look


class _Scopes:
    """Which of the surveyed accounts each scope covers, and what was won or lost in limited symbols."""

    def __init__(self, limits: Collection[RiskLimit], accounts: dict[UUID, Surveyed], *, now: datetime) -> None:
        self.accounts = accounts
        self._members: dict[tuple[str, UUID | None], list[Surveyed]] = defaultdict(list)
        for account in accounts.values():
            self._members[ScopeType.ACCOUNT, account.account_id].append(account)
            self._members[ScopeType.USER, account.owner_id].append(account)
        rows = AccountScope.objects.filter(scope_id__in=_ids_of(limits, ScopeType.GROUP, ScopeType.BOT))
        columns = ("account", "scope_type", "scope_id")
        for account_id, scope_type, scope_id in rows.order_by("account").values_list(*columns):
            if account_id in accounts:
                self._members[scope_type, scope_id].append(accounts[account_id])
        symbols = _ids_of(limits, ScopeType.SYMBOL)
        self.profits = profits_by_instrument(symbols, now=now) if symbols else {}

    def covered(self, limit: RiskLimit) -> Collection[Surveyed]:
        """Return the accounts that a limit covers, deleted ones too: what they lost is lost."""
        if limit.scope_type in _EVERYBODY:
            return self.accounts.values()
        return self._members[limit.scope_type, limit.scope_id]

    def pnl(self, limit: RiskLimit) -> Decimal | None:
        """Return the profit of a limit's scope in its own money, signed; None where a position of it has no price."""
        if limit.scope_type == ScopeType.SYMBOL:
            return self.profits.get(limit.scope_id)  # type: ignore[arg-type]
        summed = of_own_money(self.covered(limit))
        if not all(account.is_priced for account in summed):
            return None
        return sum((account.pnl for account in summed), Decimal(0))


def _ids_of(limits: Collection[RiskLimit], *scope_types: ScopeType) -> list[UUID]:
    return list({limit.scope_id for limit in limits if limit.scope_id and limit.scope_type in scope_types})


def _accounts_of(limits: Collection[RiskLimit]) -> TradingAccountQuerySet:
    """Return the accounts that limits cover; nobody reads the others."""
    if any(limit.scope_type in _EVERYBODY for limit in limits):
        return TradingAccount.objects.all()
    named = RiskLimit.objects.filter(enabled=True).order_by().values("scope_id")
    members = AccountScope.objects.filter(scope_id__in=named).order_by().values("account")
    return TradingAccount.objects.filter(Q(pk__in=named) | Q(owner__in=named) | Q(pk__in=members))


def _read_profit(limit: RiskLimit, mark: LimitMark | None, *, scopes: _Scopes, look: Look, now: datetime) -> None:
    pnl = scopes.pnl(limit)
    if pnl is None:
        look.unread.add(limit.id)
        return
    equity = sum((account.equity for account in of_own_money(scopes.covered(limit))), Decimal(0))
    mark = marked_on(mark, limit, pnl=pnl, equity=equity, now=now)
    look.marks.append(mark)
    account_id = limit.scope_id if limit.scope_type == ScopeType.ACCOUNT else None
    if account_id is None or account_id in scopes.accounts:
        kind, measure = ON_PROFIT[LimitType(limit.limit_type)], measured(limit, mark, now=now)
        look.readings.append(Reading(limit, account_id, "", measure, kind.words.format(measure=plain(measure))))


def _read_each(limit: RiskLimit, scopes: _Scopes) -> Iterator[Reading]:
    read = _OF_EACH[LimitType(limit.limit_type)]
    for account in scopes.covered(limit):
        held = [holding for holding in account.holdings if _measures(limit, holding)]
        yield from read(limit, account, held)


def _measures(limit: RiskLimit, holding: Holding) -> bool:
    if limit.scope_type == ScopeType.SYMBOL:
        return holding.instrument_id == limit.scope_id
    return limit.symbol in ("", holding.symbol)


def _position_sizes(limit: RiskLimit, account: Surveyed, held: list[Holding]) -> Iterator[Reading]:
    for holding in held:
        worth = storable(holding.notional)
        what = f"The position of {account.name} in {holding.symbol} is worth {plain(worth)}"
        yield Reading(limit, account.account_id, holding.symbol, worth, what)


def _exposure(limit: RiskLimit, account: Surveyed, held: list[Holding]) -> Iterator[Reading]:
    worth = storable(sum((holding.notional for holding in held), Decimal(0)))
    what = f"The positions of {account.name} are worth {plain(worth)}"
    yield Reading(limit, account.account_id, limit.symbol, worth, what)


def _open_positions(limit: RiskLimit, account: Surveyed, held: list[Holding]) -> Iterator[Reading]:
    what = f"{account.name} has {len(held)} open positions"
    yield Reading(limit, account.account_id, limit.symbol, Decimal(len(held)), what)


_OF_EACH: dict[LimitType, Callable[[RiskLimit, Surveyed, list[Holding]], Iterator[Reading]]] = {
    LimitType.POSITION_SIZE: _position_sizes,
    LimitType.EXPOSURE: _exposure,
    LimitType.OPEN_POSITIONS: _open_positions,
}
