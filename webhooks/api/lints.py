"""POST /webhook/lint: what is wrong with a pasted alert, what it is read as, and what it would do."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from bots.selectors.bots import readable_bot
from core.api.reading import read_body
from core.api.serializers import AnyCaseName, PlainDecimal, StrictSerializer
from core.errors import TooLarge
from trading.sizes import format_distance, format_size
from webhooks.api.preview import TO_ALERT
from webhooks.api.preview_serializers import AlertInput, PreviewAnswer
from webhooks.linting.findings import Level
from webhooks.linting.placeholders import AlertType
from webhooks.linting.reading_rules import ignored_fields
from webhooks.reading.alerts import Alert
from webhooks.services.lints import lint_alert


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]})
class PastedInput(AlertInput):
    """The message of an alert, of as many bytes as the webhook takes."""

    def refuse_length(self) -> None:
        raise TooLarge(f"An alert is at most {settings.WEBHOOK_BODY_LIMIT} bytes.")


class LintInput(StrictSerializer):
    """A message, what sort of alert it is for where that is known, and the bot that it is for."""

    message = PastedInput()
    alert_type = AnyCaseName(choices=[each.value for each in AlertType], required=False)
    bot_id = serializers.UUIDField(required=False)


class FindingAnswer(serializers.Serializer):
    """One finding; `where` is its line and column in the pasted text, where it has a place."""

    level = serializers.ChoiceField(choices=[each.value for each in Level])
    code = serializers.CharField()
    message = serializers.CharField()
    where = serializers.CharField(allow_blank=True)


class UnderstoodAnswer(serializers.Serializer):
    """What an alert is read as, filled in for instance; null where it leaves a thing to the bot."""

    side = serializers.CharField()
    closes_only = serializers.CharField(allow_null=True)
    symbol = serializers.CharField()
    size = serializers.CharField(allow_null=True)
    leverage = serializers.IntegerField(allow_null=True)
    order_type = serializers.CharField()
    price = PlainDecimal(allow_null=True)
    take_profit = serializers.CharField(allow_null=True)
    stop_loss = serializers.CharField(allow_null=True)
    alert_id = serializers.CharField(allow_null=True)
    fired_at = serializers.DateTimeField(allow_null=True)
    max_lag_seconds = serializers.IntegerField(allow_null=True)
    market_position = serializers.CharField(allow_null=True)
    prev_market_position = serializers.CharField(allow_null=True)
    do_trade = serializers.BooleanField()
    ignored = serializers.DictField(child=serializers.CharField())


class LintAnswer(serializers.Serializer):
    """What was found; `understood` is null where the alert would not be read."""

    readable = serializers.BooleanField()
    dialect = serializers.CharField()
    findings = FindingAnswer(many=True)
    understood = UnderstoodAnswer(allow_null=True)
    preview = PreviewAnswer(allow_null=True)


class LintViewSet(viewsets.ViewSet):
    """For whoever may trade. The bot has to be one that they may read, and to be previewed one that they may alert."""

    permissions_needed = {"write": "trading.add_order"}

    @extend_schema(request=LintInput, responses={200: LintAnswer})
    def create(self, request: Request) -> Response:
        user, asked = user_of(request), read_body(LintInput, request)
        bot = readable_bot(user, asked["bot_id"]) if "bot_id" in asked else None
        lint = lint_alert(
            asked["message"].decode("utf-8", "surrogatepass"),
            alert_type=AlertType(asked["alert_type"]) if "alert_type" in asked else None,
            bot=bot,
            may_preview=bot is not None and user.has_perm(TO_ALERT, bot),
            clock=timezone.now,
        )
        data = {
            "readable": lint.alert is not None,
            "dialect": lint.dialect,
            "findings": lint.findings,
            "understood": _understood(lint.alert) if lint.alert else None,
            "preview": lint.preview,
        }
        return Response(LintAnswer(data).data)


def _understood(alert: Alert) -> dict[str, Any]:
    names = UnderstoodAnswer().fields.keys() - {"size", "take_profit", "stop_loss", "ignored"}
    return {
        **{name: getattr(alert, name) for name in names},
        "size": format_size(alert.size) if alert.size else None,
        "take_profit": format_distance(alert.take_profit) if alert.take_profit else None,
        "stop_loss": format_distance(alert.stop_loss) if alert.stop_loss else None,
        "ignored": ignored_fields(alert),
    }
