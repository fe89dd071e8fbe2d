"""Paths of registration, login, a person's own pages, and people."""

from django.urls import path

from accounts.api.auth import DoorViewSet, SelfViewSet
from accounts.api.passwords import PasswordResetViewSet, PasswordViewSet
from accounts.api.sessions import SessionViewSet
from accounts.api.users import ProfileViewSet, UserViewSet

register = DoorViewSet.as_view({"post": "register"})

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
    path("auth/profile", ProfileViewSet.as_view({"get": "retrieve"}), name="auth-profile"),
    path("auth/permissions", ProfileViewSet.as_view({"get": "permissions"}), name="auth-permissions"),
    path("users/me", ProfileViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="users-me"),
    path("users", UserViewSet.as_view({"get": "list"}), name="users"),
    path("users/<uuid:user_id>", UserViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="user"),
]
