"""Group trades: one order of an operator on every active account of a group, as a signal like any other."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import TradingAccount, User
from core.clock import Clock
from core.errors import AppError, Conflict
from core.exact import plain
from groups.models import AccountGroup
from market.models import Instrument
from trading.decisions import IntentSide, OnOpposite, Rules
from trading.intents import Intent
from trading.models import ScopeType, Signal, SignalSource, Switch, SwitchState
from trading.services.preview import Preview, preview_signal
from trading.services.signals import open_signal, run_signal
from trading.sizes import Distance, format_distance

# An operator means the order that is named: one more of what is held adds, the other side turns it around.
RULES = Rules(on_opposite=OnOpposite.REVERSE, pyramiding=True, allow_shorts=True)


@dataclass(frozen=True, slots=True)
class GroupTrade:
    """What is asked of every account: `risk_percentage` of its equity as margin, absent where it is to close."""

    instrument: Instrument
    side: IntentSide
    risk_percentage: Decimal | None = None
    leverage: int = 1
    stop_loss: Distance | None = None
    take_profit: Distance | None = None

    @property
    def intent(self) -> Intent:
        return Intent(
            side=self.side,
            leverage=self.leverage,
            size=f"{plain(self.risk_percentage)}%" if self.risk_percentage is not None else "",
            stop_loss=format_distance(self.stop_loss) if self.stop_loss else "",
            take_profit=format_distance(self.take_profit) if self.take_profit else "",
            rules=RULES,
        )


class GroupEmpty(Conflict):
    """The group has no account that could trade."""

    code = "GROUP_EMPTY"

    def __init__(self, group: AccountGroup) -> None:
        super().__init__(f"{group.name} has no active account.")


def trade_group(
    group: AccountGroup, *, trade: GroupTrade, user: User, clock: Clock, stored: Callable[[Signal], None] | None = None
) -> Signal:
    """Trade on every active account of a group and return the signal; each account has its own outcome.

    `stored` is called with the signal in the transaction that writes it, before anything is traded. Raises AppError
    with HALTED where the group or the whole desk is, and GroupEmpty: then no row is left behind.
    """
    with transaction.atomic():
        signal = open_signal(
            signal_id=uuid4(),
            source=SignalSource.GROUP_TRADE,
            intent=trade.intent,
            instrument=trade.instrument,
            account_ids=accounts_to_trade(group),
            received_at=clock(),
            user_id=user.id,
            group_id=group.id,
        )
        if stored is not None:
            stored(signal)
    return run_signal(signal.id, clock=clock)


def preview_group_trade(group: AccountGroup, *, trade: GroupTrade, clock: Clock) -> Preview:
    """Return what `trade_group` would do, its refusal of the whole too; writes and locks nothing."""
    try:
        account_ids = accounts_to_trade(group)
    except AppError as refused:
        return Preview(trade.instrument.symbol, trade.side, code=refused.code, reason=refused.message)
    return preview_signal(account_ids, intent=trade.intent, instrument=trade.instrument, bot_id=None, clock=clock)


def accounts_to_trade(group: AccountGroup) -> list[UUID]:
    """Return the active accounts of a group. Raises AppError with HALTED, GroupEmpty."""
    covering = Switch.objects.filter(scope_type=ScopeType.GROUP, scope_id=group.id)
    if (covering | Switch.objects.filter(scope_type=ScopeType.SYSTEM)).filter(state=SwitchState.HALTED).exists():
        raise AppError("Trading is halted.", code="HALTED")
    members = TradingAccount.objects.living().filter(memberships__group=group, is_active=True).order_by("pk")
    account_ids = list(members.values_list("pk", flat=True))
    if not account_ids:
        raise GroupEmpty(group)
    return account_ids
