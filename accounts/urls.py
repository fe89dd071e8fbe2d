"""Routes of people and of trading accounts, below /api/v1/."""

from django.urls import path

from accounts import auth_urls
from accounts.api.accounts import AccountViewSet

urlpatterns = [
    *auth_urls.urlpatterns,
    path("accounts", AccountViewSet.as_view({"get": "list", "post": "create"})),
    path("accounts/create", AccountViewSet.as_view({"post": "create_with_keys"})),
    path("accounts/list", AccountViewSet.as_view({"get": "listing"})),
    path(
        "accounts/<uuid:account_id>",
        AccountViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("accounts/<uuid:account_id>/update-credentials", AccountViewSet.as_view({"post": "update_credentials"})),
    path("accounts/<uuid:account_id>/sync-balance", AccountViewSet.as_view({"post": "sync_balance"})),
    path("accounts/<uuid:account_id>/deposit", AccountViewSet.as_view({"post": "deposit"})),
    path("accounts/<uuid:account_id>/withdraw", AccountViewSet.as_view({"post": "withdraw"})),
    path("accounts/<uuid:account_id>/ledger", AccountViewSet.as_view({"get": "ledger"})),
    path("accounts/<uuid:account_id>/reconcile", AccountViewSet.as_view({"get": "reconcile"})),
]
