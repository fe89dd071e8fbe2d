"""What the live page shows, read at once: bots, accounts, positions, signals, alerts, halts of who is logged in.

The statements do not grow with rows. Each list is cut: bots to the oldest, accounts to the first by name, all else to
the newest; all but signals and trades, which are the last by name, say how many there are.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.facts import told_at
from accounts.models import TradingAccount, User
from bots.models import Bot, BotStatus
from config.live.markets import last_trades, offered_markets
from core.exact import PRICE_SCALE, decimals_of, plain
from trading.models import AccountScope, Position, RiskAlert, ScopeType, Signal
from trading.selectors.bot_performance import earned_since
from trading.selectors.covered import turned_switches_over
from trading.selectors.positions import MarkedPosition, mark_positions
from trading.selectors.survey import survey

MOST_BOTS = 100
MOST_ACCOUNTS = 100
MOST_POSITIONS = 300
LAST_SIGNALS = 20
SHOWN_ALERTS = 5
MOST_HALTS = 20
TO_TRADE = "trading.add_order"
TO_SEE_THE_KEY = "bots.change_bot"

Row = dict[str, Any]


def live_state(user: User, *, market_id: UUID | None = None, now: datetime) -> Row:
    """Return all that the page shows, as JSON: decimals as text, times ISO 8601. `trades` are those of one market."""
    held = Position.objects.visible_to(user).open()
    newest = list(held.select_related("instrument", "account").order_by("-opened_at", "id")[:MOST_POSITIONS])
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
        "accounts": _accounts(user, now=now),
        "positions": {"total": held.count(), "items": [_position(each) for each in mark_positions(newest, now=now)]},
        "signals": [_signal(signal) for signal in _signals(user)],
        "alerts": _alerts(user),
        "halted": _halted(user),
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


def _accounts(user: User, *, now: datetime) -> Row:
    living = TradingAccount.objects.visible_to(user).living().order_by("name", "id")
    shown = list(living[:MOST_ACCOUNTS])
    ids = [account.pk for account in shown]
    writable = set(TradingAccount.objects.writable_by(user).filter(pk__in=ids).values_list("pk", flat=True))
    worth = survey(TradingAccount.objects.filter(pk__in=ids), now=now)
    rows = [
        {
            "id": str(account.pk),
            "name": account.name,
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
    return {"total": living.count(), "items": rows}


def _position(marked: MarkedPosition) -> Row:
    position = marked.position
    return {
        "id": str(position.pk),
        "account_id": str(position.account_id),
        "account": position.account.name,
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


def _halted(user: User) -> Row:
    turned = turned_switches_over(user)
    rows = [
        {"scope_type": switch.scope_type, "state": switch.state, "reason": switch.reason}
        for switch in turned[:MOST_HALTS]
    ]
    return {"total": turned.count(), "items": rows}
