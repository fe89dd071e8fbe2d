"""The desk of one use case: the accounts, locked, and all that PLAN must know of them, in a handful of statements."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from accounts.models import TradingAccount
from core.exact import to_money
from market.models import Instrument
from market.quotes import Quote, latest_quotes
from trading.engine.money import initial_margin, unrealized_profit
from trading.models import AccountScope, Position, RiskLimit, ScopeType, Switch, SwitchState

Clock = Callable[[], datetime]
Scope = tuple[str, UUID | None]
_STRICTNESS = (SwitchState.ACTIVE, SwitchState.REDUCING, SwitchState.HALTED)


@dataclass(slots=True)
class Desk:
    """A snapshot that PLAN reads and APPLY keeps up to date: open positions by account and instrument."""

    now: datetime
    accounts: dict[UUID, TradingAccount]
    positions: dict[UUID, dict[UUID, Position]]
    instruments: dict[UUID, Instrument]
    quotes: dict[UUID, Quote]
    scopes: dict[UUID, set[Scope]]
    limits: dict[Scope, list[RiskLimit]]
    switches: dict[Scope, SwitchState]

    def position(self, account_id: UUID, instrument_id: UUID) -> Position | None:
        """Return the account's open position in an instrument."""
        return self.positions[account_id].get(instrument_id)

    def equity(self, account_id: UUID) -> Decimal:
        """Return balance + unrealised profit of the open positions at mid; one without a quote counts at cost."""
        held = self.positions[account_id].values()
        profits = (_unrealized(position, self.quotes.get(position.instrument_id)) for position in held)
        return self.accounts[account_id].balance + sum(profits, Decimal(0))

    def margin_used(self, account_id: UUID) -> Decimal:
        """Return the initial margin of the open positions, by what they cost."""
        held = self.positions[account_id].values()
        return sum((position_margin(position) for position in held), Decimal(0))

    def state(self, account_id: UUID, bot_id: UUID | None) -> SwitchState:
        """Return the strictest switch that covers the account; a bot's switch covers that bot's orders only."""
        if not self.switches:
            return SwitchState.ACTIVE
        states = [self.switches[scope] for scope in self._covering(account_id, bot_id) if scope in self.switches]
        return max(states, key=_STRICTNESS.index, default=SwitchState.ACTIVE)

    def limits_on(self, account_id: UUID, bot_id: UUID | None) -> list[RiskLimit]:
        """Return every enabled limit that covers the account's order."""
        if not self.limits:
            return []
        return [limit for scope in self._covering(account_id, bot_id) for limit in self.limits.get(scope, ())]

    def _covering(self, account_id: UUID, bot_id: UUID | None) -> set[Scope]:
        scopes = {scope for scope in self.scopes[account_id] if scope[0] != ScopeType.BOT}
        return scopes | {(ScopeType.BOT.value, bot_id)} if bot_id else scopes


def position_margin(position: Position) -> Decimal:
    """Return what one open position ties up: its entry cost ÷ its leverage."""
    return to_money(initial_margin(position.entry_cost, position.leverage))


def load_desk(
    account_ids: Collection[UUID], *, instruments: Iterable[Instrument], clock: Clock, lock: bool = True
) -> Desk:
    """Read the desk of these accounts; with `lock`, lock the account rows in id order, then their open positions.

    The clock is read once the locks are held: waiting for them makes no price older than it is. Accounts that are
    not there are absent. The number of statements does not depend on how many accounts there are.
    """
    found = TradingAccount.objects.living().filter(pk__in=list(account_ids)).order_by("pk")
    accounts = {account.id: account for account in (found.locked() if lock else found)}
    now = clock()
    held = Position.objects.open().filter(account__in=list(accounts)).order_by("pk")
    positions: dict[UUID, dict[UUID, Position]] = {account_id: {} for account_id in accounts}
    for position in held.select_for_update(no_key=True) if lock else held:
        positions[position.account_id][position.instrument_id] = position
    known = {instrument.id: instrument for instrument in instruments}
    known |= _instruments_held(positions, known)
    scopes = _scopes(accounts)
    every_scope = {scope_id for covering in scopes.values() for _, scope_id in covering if scope_id}
    covering = Q(scope_type=ScopeType.SYSTEM) | Q(scope_id__in=list(every_scope))
    switches = Switch.objects.filter(covering).exclude(state=SwitchState.ACTIVE)
    return Desk(
        now=now,
        accounts=accounts,
        positions=positions,
        instruments=known,
        quotes=latest_quotes(list(known.values()), now=now),
        scopes=scopes,
        limits=_limits(RiskLimit.objects.filter(covering, enabled=True)),
        switches={(row.scope_type, row.scope_id): SwitchState(row.state) for row in switches},
    )


def _instruments_held(
    positions: dict[UUID, dict[UUID, Position]], known: dict[UUID, Instrument]
) -> dict[UUID, Instrument]:
    held = {instrument_id for of_account in positions.values() for instrument_id in of_account}
    return Instrument.objects.in_bulk(list(held - known.keys()))


def _limits(rows: Iterable[RiskLimit]) -> dict[Scope, list[RiskLimit]]:
    limits: dict[Scope, list[RiskLimit]] = defaultdict(list)
    for row in rows:
        limits[row.scope_type, row.scope_id].append(row)
    return limits


def _scopes(accounts: dict[UUID, TradingAccount]) -> dict[UUID, set[Scope]]:
    scopes: dict[UUID, set[Scope]] = defaultdict(set)
    for account in accounts.values():
        scopes[account.id] = {
            (ScopeType.SYSTEM.value, None),
            (ScopeType.USER.value, account.owner_id),
            (ScopeType.ACCOUNT.value, account.id),
        }
    rows = AccountScope.objects.filter(account__in=list(accounts))
    for account_id, scope_type, scope_id in rows.values_list("account", "scope_type", "scope_id"):
        scopes[account_id].add((scope_type, scope_id))
    return scopes


def _unrealized(position: Position, quote: Quote | None) -> Decimal:
    if quote is None:
        return Decimal(0)
    profit = unrealized_profit(position.direction, position.size, position.entry_cost, quote.mid)
    return to_money(profit)
