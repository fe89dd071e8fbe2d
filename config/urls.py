"""All addresses. None but Django's own pages ends in a slash: the middleware takes it off."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from accounts.pages import ConsoleLoginPage, LoginPage, LogoutPage, PasswordPage
from accounts.reset_pages import AskResetPage, CompleteResetPage
from config.flight import FlightRecorder
from config.live.page import LiveState, RootPage
from config.start.page import StartFigures
from core.api.views import HealthView, RootView
from strategies.pages import BacktestsPage, ReportFile, ReportPage

PAGE_METHODS = ["get", "head"]  # OPTIONS would look for a template that DRF does not name

swagger = SpectacularSwaggerSplitView.as_view(
    url_name="schema", template_name="swagger.html", http_method_names=PAGE_METHODS
)
redoc = SpectacularRedocView.as_view(url_name="schema", template_name="redoc.html", http_method_names=PAGE_METHODS)

urlpatterns = [
    path("", RootPage.as_view(), name="root"),
    path("live/state", LiveState.as_view(), name="live-state"),
    path("login", LoginPage.as_view(), name="login"),
    path("logout", LogoutPage.as_view(), name="logout"),
    path("password/reset", AskResetPage.as_view(), name="password-reset"),
    path("password/reset/complete", CompleteResetPage.as_view(), name="password-reset-complete"),
    path("health", HealthView.as_view(), name="health"),
    path("docs", swagger, name="docs"),
    path(
        "redoc",
        redoc,
        name="redoc",
    ),
    path("backtests", BacktestsPage.as_view(), name="backtests"),
    path("backtests/<uuid:backtest_id>/report", ReportPage.as_view(), name="backtest-report"),
    path("backtests/<uuid:backtest_id>/report/file", ReportFile.as_view(), name="backtest-report-file"),
    path("api/v1", RootView.as_view()),
    path("api/v1/", include("config.api_router")),
    path("admin/figures/", StartFigures.as_view(), name="console-figures"),
    path(
        "admin/flight/<uuid:correlation_id>/",
        admin.site.admin_view(FlightRecorder.as_view()),
        name="flight-recorder",
    ),
    path("admin/login/", ConsoleLoginPage.as_view()),
    path("admin/password_change/", admin.site.admin_view(PasswordPage.as_view())),
    path("admin/", admin.site.urls),
]

handler400 = "core.api.exceptions.bad_request"
handler403 = "core.api.exceptions.forbidden"
handler404 = "core.api.exceptions.not_found"
handler500 = "core.api.exceptions.server_fault"
