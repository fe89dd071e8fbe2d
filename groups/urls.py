"""Routes of groups, below /api/v1/."""

from django.urls import path

from groups.api.figures import GroupFiguresViewSet
from groups.api.trades import GroupTradeViewSet
from groups.api.views import GroupViewSet

urlpatterns = [
    path("groups", GroupViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "groups/<uuid:group_id>",
        GroupViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("groups/<uuid:group_id>/performance", GroupFiguresViewSet.as_view({"get": "performance"})),
    path("groups/<uuid:group_id>/metrics", GroupFiguresViewSet.as_view({"get": "metrics"})),
    path("groups/<uuid:group_id>/history", GroupFiguresViewSet.as_view({"get": "history"})),
    path("accounts/<uuid:account_id>/assign-group", GroupViewSet.as_view({"post": "assign"})),
    path("groups/<uuid:group_id>/accounts", GroupViewSet.as_view({"post": "add_members"})),
    path(
        "groups/<uuid:group_id>/accounts/<uuid:account_id>",
        GroupViewSet.as_view({"post": "add_member", "delete": "remove_member"}),
    ),
    path("trading/group/<uuid:group_id>/execute", GroupTradeViewSet.as_view({"post": "execute"})),
]
