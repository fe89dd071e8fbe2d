"""All addresses. None but Django's own pages ends in a slash: the middleware takes it off."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from accounts.pages import LoginPage, LogoutPage, PasswordPage
from core.api.views import HealthView, RootView

PAGE_METHODS = ["get", "head"]  # OPTIONS would look for a template that DRF does not name

swagger = SpectacularSwaggerSplitView.as_view(
    url_name="schema", template_name="swagger.html", http_method_names=PAGE_METHODS
)
redoc = SpectacularRedocView.as_view(url_name="schema", template_name="redoc.html", http_method_names=PAGE_METHODS)

urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("login", LoginPage.as_view(), name="login"),
    path("logout", LogoutPage.as_view(), name="logout"),
    path("health", HealthView.as_view(), name="health"),
    path("docs", swagger, name="docs"),
    path(
        "redoc",
        redoc,
        name="redoc",
    ),
    path("api/v1", RootView.as_view()),
    path("api/v1/", include("config.api_router")),
    path("admin/password_change/", admin.site.admin_view(PasswordPage.as_view())),
    path("admin/", admin.site.urls),
]

handler400 = "core.api.exceptions.bad_request"
handler404 = "core.api.exceptions.not_found"
handler500 = "core.api.exceptions.server_fault"
