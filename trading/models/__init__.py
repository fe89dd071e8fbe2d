"""Rows of trading: who asked, what became of it, orders, fills, positions, limits."""

from trading.models.fills import Fill
from trading.models.orders import Order, OrderSide, OrderStatus, OrderType, TimeInForce
from trading.models.positions import Position, PositionSide
from trading.models.risk import AccountScope, LimitType, RiskLimit, ScopeType, Switch, SwitchState
from trading.models.signals import Outcome, OutcomeStatus, Signal, SignalSource, SignalStatus

__all__ = [
    "AccountScope",
    "Fill",
    "LimitType",
    "Order",
    "OrderSide",
    "OrderStatus",
    "OrderType",
    "Outcome",
    "OutcomeStatus",
    "Position",
    "PositionSide",
    "RiskLimit",
    "ScopeType",
    "Signal",
    "SignalSource",
    "SignalStatus",
    "Switch",
    "SwitchState",
    "TimeInForce",
]
