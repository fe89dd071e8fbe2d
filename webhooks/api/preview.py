"""POST /trading/preview: what an order, a group trade or an alert would do to each account. Nothing is sent or stored.

Here, at the top of the ladder, because an alert is among them.
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.models import User
from bots.selectors.bots import writable_bot
from core.api.reading import read_body
from core.errors import Forbidden
from groups.api.trades import TO_TRADE, group_trade
from groups.selectors.groups import writable_group
from groups.services.trades import preview_group_trade
from trading.api.orders import asked_order, refused_in_its_words
from trading.services.preview import Preview, preview_order
from webhooks.api.preview_serializers import PreviewAnswer, PreviewInput
from webhooks.services.previews import preview_alert

TO_ALERT = "bots.change_bot"


class PreviewViewSet(viewsets.ViewSet):
    """Asks, with the rights that it takes to do it."""

    permissions_needed = {"write": "trading.add_order"}

    @extend_schema(request=PreviewInput, responses=PreviewAnswer)
    def create(self, request: Request) -> Response:
        asked = read_body(PreviewInput, request)
        [kind] = asked
        return Response(PreviewAnswer(_PREVIEWS[kind](user_of(request), asked[kind])).data)


def _order(user: User, asked: dict[str, Any]) -> Preview:
    account, order = asked_order(user, asked)
    with refused_in_its_words(asked):
        return preview_order(account, request=order, clock=timezone.now)


def _group_trade(user: User, asked: dict[str, Any]) -> Preview:
    _require(user, TO_TRADE)
    group = writable_group(user, asked["group_id"])
    return preview_group_trade(group, trade=group_trade(asked), clock=timezone.now)


def _alert(user: User, asked: dict[str, Any]) -> Preview:
    _require(user, TO_ALERT)
    return preview_alert(writable_bot(user, asked["bot_id"]), asked["body"], clock=timezone.now)


def _require(user: User, permission: str) -> None:
    if not user.has_perm(permission):
        raise Forbidden("You do not have permission to perform this action.")


_PREVIEWS: dict[str, Callable[[User, dict[str, Any]], Preview]] = {
    "order": _order,
    "group_trade": _group_trade,
    "alert": _alert,
}
