"""Rows of trading: who asked, what became of it, orders, fills, positions, limits, alerts, equity."""

from trading.models.alerts import RiskAlert, Severity, WatchType
from trading.models.equity import EquityPoint, Funding
from trading.models.fills import Fill
from trading.models.orders import (
    UNDER_WAY,
    WORKING,
    Order,
    OrderOrigin,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
)
from trading.models.positions import Position, PositionSide
from trading.models.risk import LimitMark, LimitType, RiskLimit, Switch, SwitchState
from trading.models.scopes import AccountScope, ScopeType
from trading.models.signals import Outcome, OutcomeStatus, PositionSaid, Signal, SignalSource, SignalStatus

__all__ = [
    "UNDER_WAY",
    "WORKING",
    "AccountScope",
    "EquityPoint",
    "Fill",
    "Funding",
    "LimitMark",
    "LimitType",
    "Order",
    "OrderOrigin",
    "OrderSide",
    "OrderStatus",
    "OrderType",
    "Outcome",
    "OutcomeStatus",
    "Position",
    "PositionSaid",
    "PositionSide",
    "RiskAlert",
    "RiskLimit",
    "ScopeType",
    "Severity",
    "Signal",
    "SignalSource",
    "SignalStatus",
    "Switch",
    "SwitchState",
    "TimeInForce",
    "WatchType",
]
