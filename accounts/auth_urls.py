"""Paths of registration, login and a person's own pages."""

from django.urls import path

from accounts.api.auth import DoorViewSet, SelfViewSet
from accounts.api.passwords import PasswordResetViewSet, PasswordViewSet
from accounts.api.sessions import SessionViewSet

register = DoorViewSet.as_view({"post": "register"})
profile = SelfViewSet.as_view({"get": "profile"})

urlpatterns = [
    path("auth/register", register, name="auth-register"),
    path("auth/signup", register, name="auth-signup"),
    path("auth/login", DoorViewSet.as_view({"post": "login"}), name="auth-login"),
    path("auth/refresh", DoorViewSet.as_view({"post": "refresh"}), name="auth-refresh"),
    path("auth/logout", SelfViewSet.as_view({"post": "logout"}), name="auth-logout"),
    path("auth/password/change", PasswordViewSet.as_view({"post": "change"}), name="auth-password-change"),
    path("auth/password/reset", PasswordResetViewSet.as_view({"post": "reset"}), name="auth-password-reset"),
    path(
        "auth/password/reset/complete",
        PasswordResetViewSet.as_view({"post": "complete"}),
        name="auth-password-reset-complete",
    ),
    path("auth/sessions", SessionViewSet.as_view({"get": "list"}), name="auth-sessions"),
    path(
        "auth/sessions/<uuid:session_id>/terminate",
        SessionViewSet.as_view({"post": "terminate"}),
        name="auth-session-terminate",
    ),
    path("auth/me", SelfViewSet.as_view({"get": "me"}), name="auth-me"),
    path("auth/profile", profile, name="auth-profile"),
    path("users/me", profile, name="users-me"),
]
