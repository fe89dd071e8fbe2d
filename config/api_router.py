"""The map of /api/v1: which app answers which path. A path's first word does not say who owns it."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from core.api.views import HealthView

urlpatterns = [
    path("health", HealthView.as_view()),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path("", include("market.urls")),
    path("", include("trading.urls")),
    path("", include("strategies.urls")),
    path("", include("groups.urls")),
    path("", include("bots.urls")),
    path("", include("webhooks.urls")),
]
