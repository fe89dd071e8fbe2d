"""What the live page shows, read at once: bots, accounts, positions, orders, signals, alerts, halts.

The statements do not grow with rows. Each list is cut: bots to the oldest, accounts to the first by name, all else to
the newest; all but signals and trades, which are the last by name, say how many there are. An account is called the
same wherever it stands.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.facts import told_at
from accounts.models import TradingAccount, User
from bots.models import Bot, BotStatus
from config.live.markets import last_trades, offered_markets
from config.live.titles import account_titles
from core.exact import PRICE_SCALE, decimals_of, plain
from groups.models import AccountGroup
from market.models import Instrument
from trading.models import WORKING, AccountScope, Order, Position, RiskAlert, ScopeType, Signal
from trading.selectors.bot_performance import earned_since
from trading.selectors.covered import turned_switches_over
from trading.selectors.positions import MarkedPosition, mark_positions
from trading.selectors.survey import survey

MOST_BOTS = 100
MOST_ACCOUNTS = 100
MOST_POSITIONS = 300
MOST_ORDERS = 100
LAST_SIGNALS = 20
SHOWN_ALERTS = 5
MOST_HALTS = 20
TO_TRADE = "trading.add_order"
TO_SEE_THE_KEY = "bots.change_bot"

Row = dict[str, Any]
Titles = Mapping[UUID, str]


def live_state(user: User, *, market_id: UUID | None = None, now: datetime) -> Row:
    """Return all that the page shows, as JSON: decimals as text, times ISO 8601. `trades` are those of one market."""
    held = Position.objects.visible_to(user).open()
    newest = list(held.select_related("instrument", "account__owner").order_by("-opened_at", "id")[:MOST_POSITIONS])
    working = Order.objects.visible_to(user).filter(status__in=WORKING)
    waiting = list(working.select_related("instrument", "account__owner").order_by("-created_at", "id")[:MOST_ORDERS])
    living = TradingAccount.objects.visible_to(user).living()
    first = list(living.select_related("owner").order_by("name", "id")[:MOST_ACCOUNTS])
    titles = account_titles([*first, *(row.account for row in newest), *(row.account for row in waiting)], user)
    bots = Bot.objects.visible_to(user).living().order_by("created_at", "id")
    oldest = list(bots[:MOST_BOTS])
    return {
        "at": told_at(now),
        "user": {
            "id": str(user.pk),
            "username": user.username,
            "role": user.role,
            "may_trade": user.has_perm(TO_TRADE),
            "is_staff": user.is_staff,
        },
        "markets": offered_markets(newest, oldest),
        "trades": last_trades(user, market_id),
        "bots": {"total": bots.count(), "items": _bots(oldest, now=now)},
        "accounts": {"total": living.count(), "items": _accounts(first, titles, user, now=now)},
        "positions": {
            "total": held.count(),
            "items": [_position(each, titles) for each in mark_positions(newest, now=now)],
        },
        "orders": {"total": working.count(), "items": _orders(waiting, titles, user)},
        "signals": [_signal(signal) for signal in _signals(user)],
        "alerts": _alerts(user),
        "halted": _halted(user, {**titles, **{bot.pk: bot.name for bot in oldest}}),
    }


def bot_to_try(user: User) -> Bot | None:
    """Return the bot that a first alert is shown for: the oldest active one of who asks, where they may see its key."""
    if not user.has_perm(TO_SEE_THE_KEY):
        return None
    active = Bot.objects.filter(owner=user, status=BotStatus.ACTIVE).living().exclude(symbol="")
    return active.order_by("created_at", "id").first()


def _bots(bots: Sequence[Bot], *, now: datetime) -> list[Row]:
    ids = [bot.pk for bot in bots]
    midnight = datetime.combine(now.astimezone(UTC).date(), time.min, tzinfo=UTC)
    accounts, earned = _accounts_of_bots(ids), earned_since(ids, midnight)
    return [
        {
            "id": str(bot.pk),
            "name": bot.name,
            "status": bot.status,
            "symbol": bot.symbol or bot.base_name,
            "timeframe": bot.timeframe,
            "accounts": accounts.get(bot.pk, 0),
            "earned_today": plain(earned.get(bot.pk, Decimal(0))),
        }
        for bot in bots
    ]


def _accounts_of_bots(bot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many living accounts each bot covers; one that covers none is absent."""
    covered = AccountScope.objects.filter(scope_type=ScopeType.BOT, scope_id__in=bot_ids, account__deleted_at=None)
    return dict(covered.order_by().values_list("scope_id").annotate(Count("account")))


def _accounts(shown: Sequence[TradingAccount], titles: Titles, user: User, *, now: datetime) -> list[Row]:
    writable = _writable(shown, user)
    worth = survey(TradingAccount.objects.filter(pk__in=[account.pk for account in shown]), now=now)
    return [
        {
            "id": str(account.pk),
            "name": account.name,
            "title": titles[account.pk],
            "currency": account.currency,
            "balance": plain(account.balance),
            "equity": plain(worth[account.pk].equity),
            "pnl": plain(worth[account.pk].pnl),
            "is_own": account.owner_id == user.pk,
            "may_trade": account.pk in writable and account.is_active,
        }
        for account in shown
        if account.pk in worth
    ]


def _writable(accounts: Collection[TradingAccount], user: User) -> set[UUID]:
    ids = {account.pk for account in accounts}
    return set(TradingAccount.objects.writable_by(user).filter(pk__in=ids).values_list("pk", flat=True))


def _position(marked: MarkedPosition, titles: Titles) -> Row:
    position = marked.position
    return {
        "id": str(position.pk),
        "account_id": str(position.account_id),
        "account": titles[position.account_id],
        "market": str(position.instrument_id),
        "symbol": marked.symbol,
        "kind": marked.instrument.kind,
        "side": position.side,
        "size": plain(marked.size),
        "entry_price": plain(marked.entry_price, decimals=PRICE_SCALE),
        "price_decimals": decimals_of(marked.instrument.tick_size),
        "current_price": plain(marked.current_price),
        "stop_loss": plain(position.stop_loss),
        "take_profit": plain(position.take_profit),
        "leverage": position.leverage,
        "unrealized_pnl": plain(marked.unrealized_pnl),
        "opened_at": told_at(position.opened_at),
    }


def _orders(orders: Sequence[Order], titles: Titles, user: User) -> list[Row]:
    """Tell of orders at work. They are cancelled on an account that is at rest, too."""
    writable = _writable([order.account for order in orders], user) if user.has_perm(TO_TRADE) else set()
    return [
        {
            "id": str(order.pk),
            "account": titles[order.account_id],
            "symbol": order.instrument.symbol,
            "kind": order.instrument.kind,
            "side": order.side,
            "order_type": order.order_type,
            "quantity": plain(order.quantity),
            "filled_quantity": plain(order.filled_quantity),
            "price": plain(order.price),
            "stop_price": plain(order.stop_price),
            "reduce_only": order.reduce_only,
            "may_cancel": order.account_id in writable,
        }
        for order in orders
    ]


def _signals(user: User) -> QuerySet[Signal]:
    return Signal.objects.visible_to(user).order_by("-received_at", "id")[:LAST_SIGNALS]


def _signal(signal: Signal) -> Row:
    return {
        "id": str(signal.pk),
        "at": told_at(signal.received_at),
        "source": signal.source,
        "symbol": signal.symbol,
        "side": signal.side,
        "status": signal.status,
        "code": signal.code,
        "reason": signal.reason,
        "success_count": signal.success_count,
        "error_count": signal.error_count,
    }


def _alerts(user: User) -> Row:
    standing = RiskAlert.objects.visible_to(user).standing()
    shown = standing.order_by("-triggered_at", "id")[:SHOWN_ALERTS]
    rows = [
        {"at": told_at(alert.triggered_at), "severity": alert.severity, "message": alert.message} for alert in shown
    ]
    return {"total": standing.count(), "items": rows}


def _halted(user: User, names: Mapping[UUID, str]) -> Row:
    """Return what is halted: by its name where it is a market, a group that `user` may see or one of the `names`."""
    turned = turned_switches_over(user)
    shown = list(turned[:MOST_HALTS])
    ids = [switch.scope_id for switch in shown if switch.scope_id]
    groups = AccountGroup.objects.visible_to(user).filter(pk__in=ids).order_by()
    symbols = Instrument.objects.filter(pk__in=ids).order_by()
    known = {**names, **dict(groups.values_list("pk", "name")), **dict(symbols.values_list("pk", "symbol"))}
    rows = [
        {
            "scope_type": switch.scope_type,
            "name": known.get(switch.scope_id, "") if switch.scope_id else "",
            "state": switch.state,
            "reason": switch.reason,
        }
        for switch in shown
    ]
    return {"total": turned.count(), "items": rows}
