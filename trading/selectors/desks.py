"""Reads the desk of a use case: accounts, locked where it trades, and what PLAN must know, in few statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import BooleanField, Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.expressions import RawSQL

from accounts.models import TradingAccount
from core.clock import Clock
from core.compiled_reads import compiled_read
from market.models import Instrument
from market.quotes import Quote, latest_quotes
from trading.desk import Desk, Resting, RestingKey, Scope, Traded
from trading.measures import GOALS
from trading.models import WORKING, AccountScope, LimitType, Order, Position, RiskLimit, ScopeType, Switch, SwitchState

RATE_WINDOW = timedelta(minutes=1)
# Spelled out: where the values of an IN are bound, SQLite does not see that the index of working orders has them all.
_STATUSES = ", ".join(f"'{status}'" for status in WORKING)
_WORKS = RawSQL(f"status IN ({_STATUSES})", (), output_field=BooleanField())  # noqa: S611 - words of ours


def load_desk(
    account_ids: Collection[UUID], *, instruments: Iterable[Instrument], clock: Clock, lock: bool = True
) -> Desk:
    """Read all that PLAN asks of these accounts: what they hold, and what covers and binds them.

    With `lock`, locks the account rows in id order, then their open positions. The number of statements does not
    depend on how many accounts there are.
    """
    desk = load_holdings(account_ids, instruments=instruments, clock=clock, lock=lock)
    desk.working = _working(desk.accounts)
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


def load_working(desk: Desk, traded: Collection[UUID]) -> None:
    """Read the orders at work that may open, as far as fills in the `traded` instruments ask for them. One statement.

    What an account has elsewhere, where it holds nothing that an order could close, ties up its margin whatever these
    fills do: the database sums it up, one row an account however much rests there.
    """
    apart = {instrument_id for held in desk.positions.values() for instrument_id in held}.union(traded)
    for account_id, instrument_id, side, left, margin in _at_work_apart(list(desk.accounts), list(apart)):
        if instrument_id is None or side is None:
            desk.working_elsewhere[account_id] = margin
        else:
            desk.working[account_id][instrument_id, side] = Resting(left, margin)


def _working(accounts: Collection[UUID]) -> dict[UUID, dict[RestingKey, Resting]]:
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
    by_side = _may_open(account_ids).values_list("account", "instrument", "side")
    return by_side.annotate(left=Sum(F("quantity") - F("filled_quantity")), tied=Sum("margin"))


@compiled_read
def _at_work_apart(
    account_ids: list[UUID], instrument_ids: list[UUID]
) -> QuerySet[Order, tuple[UUID, UUID | None, str | None, Decimal, Decimal]]:
    apart = {f"{name}_apart": Case(When(instrument__in=instrument_ids, then=name)) for name in ("instrument", "side")}
    by_side = _may_open(account_ids).annotate(**apart).values_list("account", *apart)
    return by_side.annotate(left=Sum(F("quantity") - F("filled_quantity")), tied=Sum("margin"))


def _may_open(account_ids: list[UUID]) -> QuerySet[Order]:
    return Order.objects.filter(_WORKS, account__in=account_ids, reduce_only=False).order_by()


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
    return limits.exclude(limit_type__in=GOALS).select_related("mark")


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
