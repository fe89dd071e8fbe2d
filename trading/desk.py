"""The desk of one use case: a snapshot of accounts, and of all that PLAN must know of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.models import TradingAccount
from core.exact import to_money
from market.models import Instrument
from market.quotes import Quote
from trading.engine.money import initial_margin, maintenance_margin, unrealized_profit
from trading.models import (
    WORKING,
    Order,
    OrderSide,
    Position,
    RiskLimit,
    ScopeType,
    SwitchState,
)

Scope = tuple[str, UUID | None]
RestingKey = tuple[UUID, str]
Traded = tuple[UUID, UUID]
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

    `working` sums up, by account and by instrument and side, the orders at work that are not reduce-only;
    `working_elsewhere` is the margin of those that are in none of its instruments, where not all are asked for.
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
    working_elsewhere: dict[UUID, Decimal] = field(default_factory=dict)
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
        total = self.working_elsewhere.get(account_id, Decimal(0))
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

    def is_traded_by(self, account_id: UUID, bot_id: UUID) -> bool:
        """Say whether a bot trades an account."""
        return (ScopeType.BOT.value, bot_id) in self.scopes[account_id]

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


def _unrealized(position: Position, quote: Quote | None) -> Decimal:
    if quote is None:
        return Decimal(0)
    profit = unrealized_profit(position.direction, position.size, position.entry_cost, quote.mid)
    return to_money(profit)
