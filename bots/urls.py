"""Routes of bots, below /api/v1/."""

from django.urls import path

from bots.api.decisions import BotDecisionViewSet
from bots.api.retry import SignalRetryViewSet
from bots.api.trading import BotTradingViewSet
from bots.api.views import BotViewSet

urlpatterns = [
    path("bots", BotViewSet.as_view({"get": "list", "post": "create"})),
    path("bots/create", BotViewSet.as_view({"post": "make"})),
    path("bots/list", BotViewSet.as_view({"get": "listing"})),
    path("bots/<uuid:bot_id>", BotViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})),
    path("bots/<uuid:bot_id>/start", BotViewSet.as_view({"post": "start"})),
    path("bots/<uuid:bot_id>/stop", BotViewSet.as_view({"post": "stop"})),
    path("bots/<uuid:bot_id>/status", BotViewSet.as_view({"post": "status"})),
    path("bots/<uuid:bot_id>/connect-account", BotViewSet.as_view({"post": "connect"})),
    path("bots/<uuid:bot_id>/disconnect-account", BotViewSet.as_view({"post": "disconnect"})),
    path("bots/<uuid:bot_id>/accounts", BotViewSet.as_view({"get": "accounts"})),
    path("bots/<uuid:bot_id>/terminate", BotTradingViewSet.as_view({"post": "terminate"})),
    path("bots/<uuid:bot_id>/performance", BotTradingViewSet.as_view({"get": "performance"})),
    path("bots/<uuid:bot_id>/decisions", BotDecisionViewSet.as_view({"get": "list"})),
    path("signals/<uuid:correlation_id>/retry", SignalRetryViewSet.as_view({"post": "create"})),
    path("bots/<uuid:bot_id>/rotate-key", BotViewSet.as_view({"post": "rotate_key"})),
]
