"""The desk of one use case: the accounts, locked, and all that PLAN must know of them, in a handful of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import TradingAccount
from core.clock import Clock
from core.compiled_reads import compiled_read
from core.exact import to_money
from market.models import Instrument
from market.quotes import Quote, latest_quotes
from trading.engine.money import initial_margin, maintenance_margin, unrealized_profit
from trading.models import (
    WORKING,
    AccountScope,
    LimitType,
    Order,
    OrderSide,
    Position,
    RiskLimit,
    ScopeType,
    Switch,
    SwitchState,
)

Scope = tuple[str, UUID | None]
RestingKey = tuple[UUID, str]
Traded = tuple[UUID, UUID]
RATE_WINDOW = timedelta(minutes=1)
_STRICTNESS = (SwitchState.ACTIVE, SwitchState.REDUCING, SwitchState.HALTED)


@dataclass(frozen=True, slots=True)
class Resting:
    """Orders of one account, instrument and side that work and may open: what is left of them, and its margin."""

    quantity: Decimal = Decimal(0)
    margin: Decimal = Decimal(0)

    def __add__(self, other: "Resting") -> "Resting":
        return Resting(self.quantity + other.quantity, self.margin + other.margin)

    def __sub__(self, other: "Resting") -> "Resting":
        return Resting(self.quantity - other.quantity, self.margin - other.margin)


NOTHING_RESTS = Resting()


@dataclass(slots=True)
class Desk:
    """A snapshot that PLAN reads and APPLY keeps up to date: open positions by account and instrument.

    `working` sums up, by account and by instrument and side, the orders at work that are not reduce-only.
    `orders_lately` counts, by account and instrument, the orders of the last minute, where a limit asks for it.
    `unposted` is the money, signed, that fills have moved on an account and that is not in its balance yet.
    """

    now: datetime
    accounts: dict[UUID, TradingAccount]
    positions: dict[UUID, dict[UUID, Position]]
    working: dict[UUID, dict[RestingKey, Resting]]
    instruments: dict[UUID, Instrument]
    quotes: dict[UUID, Quote]
    scopes: dict[UUID, set[Scope]]
    limits: dict[Scope, list[RiskLimit]]
    switches: dict[Scope, SwitchState]
    orders_lately: dict[Traded, int] = field(default_factory=dict)
    unposted: dict[UUID, Decimal] = field(default_factory=dict)

    def position(self, account_id: UUID, instrument_id: UUID) -> Position | None:
        """Return the account's open position in an instrument."""
        return self.positions[account_id].get(instrument_id)

    def equity(self, account_id: UUID) -> Decimal:
        """Return balance + unrealised profit of the open positions at mid; one without a quote counts at cost."""
        held = self.positions[account_id].values()
        profits = (_unrealized(position, self.quotes.get(position.instrument_id)) for position in held)
        cash = self.accounts[account_id].balance + self.unposted.get(account_id, Decimal(0))
        return cash + sum(profits, Decimal(0))

    def margin_used(self, account_id: UUID) -> Decimal:
        """Return the initial margin of the open positions, by what they cost."""
        held = self.positions[account_id].values()
        return sum((position_margin(position) for position in held), Decimal(0))

    def maintenance_margin(self, account_id: UUID) -> Decimal:
        """Return the equity below which the account is closed out: of each position, notional at mid × its rate."""
        held = self.positions[account_id].values()
        return sum((self._maintenance(position) for position in held), Decimal(0))

    def resting(self, account_id: UUID, instrument_id: UUID, side: str) -> Decimal:
        """Return what is left of the account's working orders on one side of an instrument, in base units."""
        return self.working[account_id].get((instrument_id, side), NOTHING_RESTS).quantity

    def move_rest(self, order: Order, before: Resting) -> None:
        """Keep `working` true of an order that rested as `before` and does as it is now."""
        at_work, key = self.working[order.account_id], (order.instrument_id, str(order.side))
        at_work[key] = at_work.get(key, NOTHING_RESTS) - before + rest_of(order)

    def order_margin(
        self,
        account_id: UUID,
        *,
        held: Mapping[UUID, Decimal] | None = None,
        added: Mapping[RestingKey, Resting] | None = None,
    ) -> Decimal:
        """Return the initial margin of the working orders, less the part of them that closes what is held.

        `held` says otherwise than the positions what is held of an instrument, signed; `added` is what works beside, or
        less.
        """
        at_work = self.working[account_id]
        if added:
            at_work = at_work | {key: at_work.get(key, NOTHING_RESTS) + more for key, more in added.items()}
        total = Decimal(0)
        for (instrument_id, side), resting in at_work.items():
            closing = self._closable(account_id, instrument_id, side, held or {})
            opening = max(Decimal(0), resting.quantity - closing)
            if resting.quantity:
                total += to_money(resting.margin * opening / resting.quantity)
        return total

    def _closable(self, account_id: UUID, instrument_id: UUID, side: str, held: Mapping[UUID, Decimal]) -> Decimal:
        """Return how much of an instrument orders of a side may close."""
        position = self.position(account_id, instrument_id)
        standing = position.direction * position.size if position else Decimal(0)
        return max(Decimal(0), -OrderSide(side).direction * held.get(instrument_id, standing))

    def mark(self, position: Position) -> Decimal:
        """Return the price that an open position is valued at: mid, or what it cost where there is no quote."""
        quote = self.quotes.get(position.instrument_id)
        return position.entry_price if quote is None else quote.mid

    def _maintenance(self, position: Position) -> Decimal:
        rate = self.instruments[position.instrument_id].maintenance_margin_rate
        return to_money(maintenance_margin(position.size * self.mark(position), rate))

    def state(self, account_id: UUID, bot_id: UUID | None, instrument_id: UUID) -> SwitchState:
        """Return the strictest switch that covers the order; a bot's switch covers that bot's orders only."""
        if not self.switches:
            return SwitchState.ACTIVE
        covering = self._covering(account_id, bot_id, instrument_id)
        states = [self.switches[scope] for scope in covering if scope in self.switches]
        return max(states, key=strictness, default=SwitchState.ACTIVE)

    def limits_on(self, account_id: UUID, bot_id: UUID | None, instrument: Instrument) -> list[RiskLimit]:
        """Return every enabled limit that covers the account's order, of one type the strictest first."""
        if not self.limits:
            return []
        covering = self._covering(account_id, bot_id, instrument.id)
        found = [limit for scope in covering for limit in self.limits.get(scope, ())]
        asked = [limit for limit in found if limit.symbol in ("", instrument.symbol)]
        return sorted(asked, key=lambda limit: (limit.limit_type, limit.limit_value, limit.id))

    def _covering(self, account_id: UUID, bot_id: UUID | None, instrument_id: UUID) -> set[Scope]:
        scopes = {scope for scope in self.scopes[account_id] if scope[0] != ScopeType.BOT}
        scopes.add((ScopeType.SYMBOL.value, instrument_id))
        return scopes | {(ScopeType.BOT.value, bot_id)} if bot_id else scopes


def strictness(state: SwitchState) -> int:
    """Return how much a state forbids: 0 for active, more for each stricter one."""
    return _STRICTNESS.index(state)


def position_margin(position: Position) -> Decimal:
    """Return what one open position ties up: its entry cost ÷ its leverage."""
    return to_money(initial_margin(position.entry_cost, position.leverage))


def rest_of(order: Order) -> Resting:
    """Return what one order has at work that may open."""
    if order.status not in WORKING or order.reduce_only:
        return NOTHING_RESTS
    return Resting(order.quantity - order.filled_quantity, order.margin)


def load_desk(
    account_ids: Collection[UUID], *, instruments: Iterable[Instrument], clock: Clock, lock: bool = True
) -> Desk:
    """Read all that PLAN asks of these accounts: what they hold, and what covers and binds them.

    With `lock`, locks the account rows in id order, then their open positions. The number of statements does not
    depend on how many accounts there are.
    """
    desk = load_holdings(account_ids, instruments=instruments, clock=clock, lock=lock)
    desk.working = load_working(desk.accounts)
    resting = _instruments_at_work(desk)
    desk.instruments |= resting
    desk.quotes |= latest_quotes(list(resting.values()), now=desk.now)
    desk.scopes = _scopes(desk.accounts)
    ids = {
        scope_id for covering in desk.scopes.values() for _, scope_id in covering if scope_id
    } | desk.instruments.keys()
    desk.switches = {(scope_type, scope_id): SwitchState(state) for scope_type, scope_id, state in _switches(list(ids))}
    desk.limits = _by_scope(_limits(list(ids)))
    if _asks_for_the_rate(desk.limits):
        desk.orders_lately = _orders_lately(desk.accounts, desk.now)
    return desk


def load_holdings(
    account_ids: Collection[UUID],
    *,
    instruments: Iterable[Instrument],
    clock: Clock,
    lock: bool = True,
    quotes: Mapping[UUID, Quote] | None = None,
) -> Desk:
    """Read what is booked on: accounts, their open positions and the prices of these; no limits, no orders at work.

    The clock is read once the locks are held: waiting for them makes no price older than it is. Accounts that are
    not there are absent. `quotes` stand in for the newest ones of their instruments.
    """
    accounts = {account.id: account for account in _living(list(account_ids), lock)}
    now = clock()
    positions: dict[UUID, dict[UUID, Position]] = {account_id: {} for account_id in accounts}
    for position in _held(list(accounts), lock):
        positions[position.account_id][position.instrument_id] = position
    known = {instrument.id: instrument for instrument in instruments}
    others = {instrument_id for of_account in positions.values() for instrument_id in of_account} - known.keys()
    known |= Instrument.objects.in_bulk(list(others))
    given = quotes or {}
    asked = [instrument for instrument in known.values() if instrument.id not in given]
    return Desk(
        now=now,
        accounts=accounts,
        positions=positions,
        working={account_id: {} for account_id in accounts},
        instruments=known,
        quotes={**latest_quotes(asked, now=now), **given},
        scopes={account_id: set() for account_id in accounts},
        limits={},
        switches={},
        orders_lately={},
    )


def load_working(accounts: Collection[UUID]) -> dict[UUID, dict[RestingKey, Resting]]:
    """Return, by account and by instrument and side, the sum of the orders at work that may open. One statement."""
    working: dict[UUID, dict[RestingKey, Resting]] = {account_id: {} for account_id in accounts}
    for account_id, instrument_id, side, left, margin in _at_work(list(accounts)):
        working[account_id][instrument_id, side] = Resting(left, margin)
    return working


@compiled_read
def _living(account_ids: list[UUID], lock: bool) -> QuerySet[TradingAccount]:
    found = TradingAccount.objects.living().filter(pk__in=account_ids).order_by("pk")
    return found.locked() if lock else found


@compiled_read
def _held(account_ids: list[UUID], lock: bool) -> QuerySet[Position]:
    held = Position.objects.open().filter(account__in=account_ids).order_by("pk")
    return held.select_for_update(no_key=True) if lock else held


@compiled_read
def _at_work(account_ids: list[UUID]) -> QuerySet[Order, tuple[UUID, UUID, str, Decimal, Decimal]]:
    at_work = Order.objects.filter(account__in=account_ids, status__in=WORKING, reduce_only=False)
    by_side = at_work.order_by().values_list("account", "instrument", "side")
    return by_side.annotate(left=Sum(F("quantity") - F("filled_quantity")), tied=Sum("margin"))


@compiled_read
def _member_scopes(account_ids: list[UUID]) -> QuerySet[AccountScope, tuple[UUID, str, UUID]]:
    rows = AccountScope.objects.filter(account__in=account_ids)
    return rows.values_list("account", "scope_type", "scope_id")


@compiled_read
def _switches(scope_ids: list[UUID]) -> QuerySet[Switch, tuple[str, UUID | None, str]]:
    turned = Switch.objects.filter(_covering(scope_ids)).exclude(state=SwitchState.ACTIVE)
    return turned.order_by().values_list("scope_type", "scope_id", "state")


@compiled_read
def _limits(scope_ids: list[UUID]) -> QuerySet[RiskLimit]:
    limits = RiskLimit.objects.filter(_covering(scope_ids), enabled=True)
    return limits.exclude(limit_type=LimitType.MONTHLY_TARGET).select_related("mark")


def _covering(scope_ids: list[UUID]) -> Q:
    return Q(scope_type=ScopeType.SYSTEM) | Q(scope_id__in=scope_ids)


def _instruments_at_work(desk: Desk) -> dict[UUID, Instrument]:
    """Return the instruments of orders at work that nobody holds."""
    resting = {instrument_id for of_account in desk.working.values() for instrument_id, _ in of_account}
    return Instrument.objects.in_bulk(list(resting - desk.instruments.keys()))


def _by_scope(rows: Iterable[RiskLimit]) -> dict[Scope, list[RiskLimit]]:
    limits: dict[Scope, list[RiskLimit]] = defaultdict(list)
    for row in rows:
        limits[row.scope_type, row.scope_id].append(row)
    return limits


def _asks_for_the_rate(limits: dict[Scope, list[RiskLimit]]) -> bool:
    return any(limit.limit_type == LimitType.ORDER_RATE for of_scope in limits.values() for limit in of_scope)


def _orders_lately(accounts: Iterable[UUID], now: datetime) -> dict[Traded, int]:
    recent = Order.objects.filter(account__in=list(accounts), created_at__gt=now - RATE_WINDOW).order_by()
    counted = recent.values("account", "instrument").annotate(many=Count("pk"))
    return {(row["account"], row["instrument"]): row["many"] for row in counted}


def _scopes(accounts: dict[UUID, TradingAccount]) -> dict[UUID, set[Scope]]:
    scopes: dict[UUID, set[Scope]] = defaultdict(set)
    for account in accounts.values():
        scopes[account.id] = {
            (ScopeType.SYSTEM.value, None),
            (ScopeType.USER.value, account.owner_id),
            (ScopeType.ACCOUNT.value, account.id),
        }
    for account_id, scope_type, scope_id in _member_scopes(list(accounts)):
        scopes[account_id].add((scope_type, scope_id))
    return scopes


def _unrealized(position: Position, quote: Quote | None) -> Decimal:
    if quote is None:
        return Decimal(0)
    profit = unrealized_profit(position.direction, position.size, position.entry_cost, quote.mid)
    return to_money(profit)
