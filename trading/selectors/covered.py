"""What a scope covers: accounts, and of their orders and positions those that a switch of it is about."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import TradingAccount, User
from accounts.models.trading_accounts import TradingAccountQuerySet
from trading.models import (
    WORKING,
    AccountScope,
    Fill,
    Order,
    OrderOrigin,
    Position,
    ScopeType,
    Switch,
    SwitchState,
)
from trading.models.querysets import OrderQuerySet, PositionQuerySet

# What was asked for from outside. All other origins protect what is held, and stay.
ASKED = (OrderOrigin.REQUEST, OrderOrigin.SIGNAL)


def covered_accounts(scope_type: str, scope_id: UUID | None) -> TradingAccountQuerySet:
    """Return the accounts of a scope: all of them for the system, and for a symbol, which is traded on any."""
    accounts = TradingAccount.objects.all()
    if scope_id is None or scope_type == ScopeType.SYMBOL:
        return accounts
    match scope_type:
        case ScopeType.ACCOUNT:
            return accounts.filter(pk=scope_id)
        case ScopeType.USER:
            return accounts.filter(owner=scope_id)
    covered = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
    return accounts.filter(pk__in=covered.values("account"))


def covered_orders(scope_type: str, scope_id: UUID | None) -> OrderQuerySet:
    """Return the orders of a scope: of a bot those in its name, of a symbol those in it."""
    match scope_type:
        case ScopeType.SYSTEM:
            return Order.objects.all()
        case ScopeType.SYMBOL:
            return Order.objects.filter(instrument=scope_id)
        case ScopeType.BOT:
            return Order.objects.filter(bot_id=scope_id)
    return Order.objects.filter(account__in=covered_accounts(scope_type, scope_id))


def forbidden_orders(switch: Switch) -> OrderQuerySet:
    """Return the orders at work that a switch forbids: never one that protects.

    While it is reducing, orders that can only reduce stay, unless its positions are being closed anyway.
    """
    if switch.state == SwitchState.ACTIVE:
        return Order.objects.none()
    orders = covered_orders(switch.scope_type, switch.scope_id).filter(status__in=WORKING, origin__in=ASKED)
    if switch.state == SwitchState.REDUCING and not switch.flattening:
        return orders.filter(reduce_only=False)
    return orders


def turned_switches_over(user: User) -> QuerySet[Switch]:
    """Return the switches that are turned and cover `user`, or an account that they may see: newest first."""
    seen = TradingAccount.objects.visible_to(user).living().order_by()
    covering = AccountScope.objects.filter(account__in=seen).values("scope_id")
    whose = (
        Q(scope_type__in=[ScopeType.SYSTEM, ScopeType.SYMBOL])
        | Q(scope_type=ScopeType.USER, scope_id=user.pk)
        | Q(scope_type=ScopeType.USER, scope_id__in=seen.values("owner"))
        | Q(scope_type=ScopeType.ACCOUNT, scope_id__in=seen.values("pk"))
        | Q(scope_type__in=[ScopeType.GROUP, ScopeType.BOT], scope_id__in=covering)
    )
    return Switch.objects.filter(whose).exclude(state=SwitchState.ACTIVE).order_by("-changed_at", "id")


def covered_positions(scope_type: str, scope_id: UUID | None) -> PositionQuerySet:
    """Return the open positions of a scope: of a bot those that its orders had a part in, of a symbol those in it."""
    positions = Position.objects.open()
    match scope_type:
        case ScopeType.SYSTEM:
            return positions
        case ScopeType.SYMBOL:
            return positions.filter(instrument=scope_id)
    positions = positions.filter(account__in=covered_accounts(scope_type, scope_id))
    if scope_type == ScopeType.BOT:
        return positions.filter(Exists(Fill.objects.filter(position=OuterRef("pk"), order__bot_id=scope_id)))
    return positions
