"""Routes of webhooks, below /api/v1/."""

from django.urls import path

from webhooks.api.lints import LintViewSet
from webhooks.api.preview import PreviewViewSet
from webhooks.api.templates import AlertTemplateViewSet
from webhooks.api.views import DeliveryViewSet, WebhookViewSet

urlpatterns = [
    path("bots/<uuid:bot_id>/alert-template", AlertTemplateViewSet.as_view({"get": "retrieve"})),
    path("trading/preview", PreviewViewSet.as_view({"post": "create"})),
    path("webhook/tradingview", WebhookViewSet.as_view({"post": "tradingview"})),
    path("webhook/tradingview/test", WebhookViewSet.as_view({"get": "test"})),
    path("webhook/tradingview/<str:key>", WebhookViewSet.as_view({"post": "tradingview_by_key"})),
    path("webhook/lint", LintViewSet.as_view({"post": "create"})),
    path("webhook/deliveries", DeliveryViewSet.as_view({"get": "list"})),
    path("webhook/deliveries/<uuid:correlation_id>", DeliveryViewSet.as_view({"get": "retrieve"})),
]
