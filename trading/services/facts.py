"""Tells the streams what a transaction did: one message per account, one per bot and signal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.facts import Fact, account_message, balance_changed, told_at
from accounts.models import TradingAccount
from core.exact import PRICE_SCALE, plain
from core.streams.outbox import Message, emit
from market.models import Instrument
from trading.models import Fill, Order, Outcome, Position, RiskAlert, ScopeType, Signal
from trading.services.apply import Books


def tell(books: Books, outcomes: Iterable[Outcome]) -> None:
    """Store what the books and the outcomes of this transaction say, for the streams of accounts and bots."""
    now = books.desk.now
    emit([*_account_messages(books, now), *_outcome_messages(outcomes, now)], now=now)


def tell_of_outcomes(outcomes: Iterable[Outcome], *, now: datetime) -> None:
    """Store what became of accounts without the books, for the streams of their bots."""
    emit(_outcome_messages(outcomes, now), now=now)


def tell_of_orders(orders: Iterable[Order], *, now: datetime) -> None:
    """Store how far orders got without a fill, for the streams of their accounts."""
    emit((account_message(order.account_id, [_order_changed(order)], now=now) for order in orders), now=now)


def tell_of_funding(
    positions: Iterable[Position],
    amounts: Mapping[UUID, Decimal],
    instrument: Instrument,
    *,
    accounts: Mapping[UUID, TradingAccount],
    now: datetime,
) -> None:
    """Store what funding brought positions, `amounts` by account and signed, for the streams of their accounts."""
    messages = []
    for position in positions:
        booked = {
            "type": "FundingBooked",
            "position_id": str(position.id),
            "symbol": instrument.symbol,
            "amount": plain(amounts[position.account_id]),
        }
        facts = [booked, balance_changed(accounts[position.account_id])]
        messages.append(account_message(position.account_id, facts, now=now))
    emit(messages, now=now)


def tell_of_position(position: Position, symbol: str, *, now: datetime) -> None:
    """Store how a position stands that no fill has changed, for the stream of its account."""
    emit([account_message(position.account_id, [_position_changed(position, symbol)], now=now)], now=now)


def tell_of_signal(signal: Signal, fact: str, *, now: datetime, **facts: Any) -> None:
    """Store what became of a signal as a whole, for the stream of its bot. A signal without a bot has none."""
    if signal.bot_id:
        told = {"type": fact, "correlation_id": str(signal.pk), **facts}
        emit([bot_message(signal.bot_id, [told], now=now)], now=now)


def tell_of_alerts(alerts: Iterable[RiskAlert], *, now: datetime) -> None:
    """Store which risk alerts were raised: for the stream of their bot, or of their account. Others have none."""
    messages: list[Message] = []
    for alert in alerts:
        if alert.scope_type == ScopeType.BOT and alert.scope_id:
            messages.append(bot_message(alert.scope_id, [_alert_raised(alert)], now=now))
        elif alert.account_id:
            messages.append(account_message(alert.account_id, [_alert_raised(alert)], now=now))
    emit(messages, now=now)


def bot_stream(bot_id: UUID) -> str:
    """Return the name of a bot's stream."""
    return f"bot:{bot_id}"


def bot_message(bot_id: UUID, facts: Sequence[Fact], *, now: datetime) -> Message:
    """Return one message of a bot's stream."""
    data = {"facts": list(facts)}
    body = {"type": "bot_update", "bot_id": str(bot_id), "data": data, "timestamp": told_at(now)}
    return Message(bot_stream(bot_id), body)


def _account_messages(books: Books, now: datetime) -> Iterable[Message]:
    facts: dict[UUID, list[Fact]] = defaultdict(list)
    symbols = {order.instrument_id: order.instrument.symbol for order in books.orders.values()}
    for order in books.orders.values():
        facts[order.account_id].append(_order_changed(order))
    for fill in books.fills:
        facts[fill.account_id].append(_fill_recorded(fill))
    for position in (*books.changed.values(), *books.opened.values()):
        facts[position.account_id].append(_position_changed(position, symbols[position.instrument_id]))
    for account_id in dict.fromkeys(entry.account_id for entry in books.entries):
        facts[account_id].append(balance_changed(books.desk.accounts[account_id]))
    return (account_message(account_id, told, now=now) for account_id, told in facts.items())


def _outcome_messages(outcomes: Iterable[Outcome], now: datetime) -> Iterable[Message]:
    by_signal: dict[Signal, list[Fact]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.signal.bot_id:
            by_signal[outcome.signal].append(_result(outcome))
    for signal, results in by_signal.items():
        assert signal.bot_id is not None
        settled = {"type": "OutcomesSettled", "correlation_id": str(signal.pk), "results": results}
        yield bot_message(signal.bot_id, [settled], now=now)


def _order_changed(order: Order) -> Fact:
    return {
        "type": "OrderChanged",
        "order_id": str(order.id),
        "client_order_id": order.client_order_id,
        "signal_id": _text(order.signal_id),
        "bot_id": _text(order.bot_id),
        "symbol": order.instrument.symbol,
        "side": order.side,
        "status": order.status,
        "quantity": plain(order.quantity),
        "filled_quantity": plain(order.filled_quantity),
        "average_price": plain(order.average_price),
        "commission": plain(order.commission),
        "reject_code": order.reject_code,
    }


def _fill_recorded(fill: Fill) -> Fact:
    return {
        "type": "FillRecorded",
        "fill_id": str(fill.id),
        "order_id": str(fill.order_id),
        "position_id": str(fill.position_id),
        "side": fill.side,
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "commission": plain(fill.commission),
        "realized_pnl": plain(fill.realized_pnl),
    }


def _position_changed(position: Position, symbol: str) -> Fact:
    return {
        "type": "PositionChanged",
        "position_id": str(position.id),
        "symbol": symbol,
        "side": position.side,
        "size": plain(position.size),
        "entry_price": plain(position.entry_price, decimals=PRICE_SCALE),
        "stop_loss": plain(position.stop_loss),
        "take_profit": plain(position.take_profit),
        "realized_pnl": plain(position.realized_pnl),
        "is_open": position.is_open,
    }


def _result(outcome: Outcome) -> Fact:
    return {
        "account_id": str(outcome.account_id),
        "status": outcome.status,
        "code": outcome.code,
        "reason": outcome.reason,
        "quantity": plain(outcome.quantity),
        "average_price": plain(outcome.average_price),
    }


def _alert_raised(alert: RiskAlert) -> Fact:
    return {
        "type": "RiskAlertRaised",
        "alert_id": str(alert.id),
        "alert_type": alert.alert_type,
        "severity": alert.severity,
        "limit_id": _text(alert.limit_id),
        "account_id": _text(alert.account_id),
        "symbol": alert.symbol,
        "message": alert.message,
        "current_value": plain(alert.current_value),
        "limit_value": plain(alert.limit_value),
    }


def _text(key: UUID | None) -> str | None:
    return str(key) if key else None
