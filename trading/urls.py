"""Routes of trading, below /api/v1/."""

from django.urls import path

from trading.api.closing import ClosingViewSet
from trading.api.flights import FlightViewSet
from trading.api.orders import OrderViewSet
from trading.api.performance import PerformanceViewSet
from trading.api.positions import PositionViewSet
from trading.api.risk import RiskAlertViewSet, RiskLimitViewSet, SwitchViewSet
from trading.api.sandbox import RoundTripViewSet
from trading.api.signals import SignalViewSet

orders = OrderViewSet.as_view({"get": "list", "post": "create"})
order = OrderViewSet.as_view({"get": "retrieve", "delete": "destroy"})
limits = RiskLimitViewSet.as_view({"get": "list", "post": "create"})
limit = RiskLimitViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})
position = PositionViewSet.as_view({"get": "retrieve", "patch": "partial_update"})

urlpatterns = [
    path("orders", orders),
    path("orders/<uuid:order_id>", order),
    path("accounts/<uuid:account_id>/orders", orders),
    path("accounts/<uuid:account_id>/orders/<uuid:order_id>", order),
    path("accounts/<uuid:account_id>/positions", PositionViewSet.as_view({"get": "list"})),
    path("accounts/<uuid:account_id>/performance", PerformanceViewSet.as_view({"get": "retrieve"})),
    path("accounts/<uuid:account_id>/positions/close", PositionViewSet.as_view({"post": "close"})),
    path("accounts/<uuid:account_id>/positions/<uuid:position_id>", position),
    path("order", RoundTripViewSet.as_view({"get": "list", "post": "create", "delete": "destroy"})),
    path("trading/positions/<uuid:account_id>", ClosingViewSet.as_view({"get": "closed"})),
    path("trading/close-position/<uuid:account_id>", ClosingViewSet.as_view({"post": "close"})),
    path("trading/terminate/<uuid:account_id>", ClosingViewSet.as_view({"post": "terminate"})),
    path("signals", SignalViewSet.as_view({"get": "list"})),
    path("signals/<uuid:correlation_id>/flight", FlightViewSet.as_view({"get": "list"})),
    path("signals/<uuid:correlation_id>", SignalViewSet.as_view({"get": "retrieve"})),
    path("risk/limits", limits),
    path("risk/limits/<uuid:limit_id>", limit),
    path("risk/alerts", RiskAlertViewSet.as_view({"get": "list"})),
    path("risk/alerts/<uuid:alert_id>/acknowledge", RiskAlertViewSet.as_view({"post": "acknowledge"})),
    path("trading/halt", SwitchViewSet.as_view({"get": "list", "post": "halt"})),
    path("trading/resume", SwitchViewSet.as_view({"post": "resume"})),
]
