"""Routes of trading, below /api/v1/."""

from django.urls import path

from trading.api.orders import OrderViewSet
from trading.api.performance import PerformanceViewSet
from trading.api.positions import PositionViewSet
from trading.api.signals import SignalViewSet

orders = OrderViewSet.as_view({"get": "list", "post": "create"})
order = OrderViewSet.as_view({"get": "retrieve", "delete": "destroy"})

urlpatterns = [
    path("orders", orders),
    path("orders/<uuid:order_id>", order),
    path("accounts/<uuid:account_id>/orders", orders),
    path("accounts/<uuid:account_id>/orders/<uuid:order_id>", order),
    path("accounts/<uuid:account_id>/positions", PositionViewSet.as_view({"get": "list"})),
    path("accounts/<uuid:account_id>/positions/<uuid:position_id>", PositionViewSet.as_view({"get": "retrieve"})),
    path("accounts/<uuid:account_id>/performance", PerformanceViewSet.as_view({"get": "retrieve"})),
    path("signals", SignalViewSet.as_view({"get": "list"})),
    path("signals/<uuid:correlation_id>", SignalViewSet.as_view({"get": "retrieve"})),
]
