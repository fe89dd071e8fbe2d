"""GET /bots/{id}/alert-template: what to paste into TradingView, with the bot's key. Of the few answers that hold it.

Here, above bots, because it has to be what the reader of alerts reads.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from bots.selectors.bots import writable_bot
from bots.services.bots import webhook_key
from core.errors import Forbidden
from webhooks.alert_templates import Message, indicator_message, notes_for, strategy_message

TO_SEE_THE_KEY = "bots.change_bot"
WEBHOOK = "/api/v1/webhook/tradingview"


class MessageAnswer(serializers.Serializer):
    """One message: as an object, and as the exact text to paste, `length` characters long."""

    object = serializers.DictField(child=serializers.CharField())
    message = serializers.CharField()
    length = serializers.IntegerField()


class IndicatorMessages(serializers.Serializer):
    """The three messages of an indicator's alerts."""

    buy = MessageAnswer()
    sell = MessageAnswer()
    close = MessageAnswer()


class TemplateAnswer(serializers.Serializer):
    """What to paste into TradingView for a bot."""

    bot_id = serializers.UUIDField()
    webhook_url = serializers.URLField()
    webhook_url_with_key = serializers.URLField()
    strategy = MessageAnswer()
    indicator = IndicatorMessages()
    notes = serializers.ListField(child=serializers.CharField())


class AlertTemplateViewSet(viewsets.ViewSet):
    """For the bot's owner and admins: a share is for reading, and shows no key."""

    permissions_needed = {"read": "bots.view_bot"}

    @extend_schema(responses=TemplateAnswer)
    def retrieve(self, request: Request, bot_id: UUID) -> Response:
        user = user_of(request)
        bot = writable_bot(user, bot_id)
        if not user.has_perm(TO_SEE_THE_KEY):
            raise Forbidden("Your role does not show you the keys of bots.")
        key, config = webhook_key(bot), bot.settings
        url = request.build_absolute_uri(WEBHOOK)
        data = {
            "bot_id": bot.id,
            "webhook_url": url,
            "webhook_url_with_key": f"{url}/{key}",
            "strategy": _shown(strategy_message(key, config)),
            "indicator": {side: _shown(indicator_message(key, config, side=side)) for side in ("buy", "sell", "close")},
            "notes": notes_for(config, host=request.get_host(), is_secure=request.is_secure()),
        }
        return Response(TemplateAnswer(data).data, headers={"Cache-Control": "no-store"})


def _shown(message: Message) -> dict[str, Any]:
    return {"object": message.fields, "message": message.text, "length": len(message.text)}
