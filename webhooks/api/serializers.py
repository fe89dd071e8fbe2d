"""Deliveries and the webhook's answer, as programs read them."""

from rest_framework import serializers

from trading.api.serializers import ResultAnswer
from webhooks.models import DeliveryStatus, Proof


class AlertBody(serializers.Serializer):
    """An alert as multi documents it; other fields and spellings are read too. Only documents the body."""

    botname = serializers.CharField(required=False)
    symbol = serializers.CharField()
    side = serializers.CharField()
    size = serializers.CharField(required=False)
    leverage = serializers.CharField(required=False)
    takeprofit = serializers.CharField(required=False)
    stop_loss = serializers.CharField(required=False)
    order_type = serializers.CharField(required=False)
    alert_id = serializers.CharField(required=False)
    timenow = serializers.CharField(required=False)
    secret = serializers.CharField(required=False)


class SignalTold(serializers.Serializer):
    """What became of an alert, as far as it is known."""

    correlation_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["processed", "processing", "rejected"])
    success_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    results = ResultAnswer(many=True)
    code = serializers.CharField()
    reason = serializers.CharField()


class AlertAnswer(serializers.Serializer):
    """The webhook's answer, in multi's shape."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    data = SignalTold(source="*")  # type: ignore[assignment]


class DeliveryRow(serializers.Serializer):
    """A delivery in a list."""

    correlation_id = serializers.UUIDField()
    bot_id = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    address = serializers.CharField(allow_null=True)
    content_type = serializers.CharField()
    proof = serializers.ChoiceField(choices=Proof.choices)
    alert_id = serializers.CharField()
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    code = serializers.CharField()
    reason = serializers.CharField()
    duplicate_of = serializers.UUIDField(source="duplicate_of.correlation_id", allow_null=True, default=None)
    finished_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class DeliveryAnswer(DeliveryRow):
    """A delivery with what came: bytes that are no UTF-8 text are shown as \\xNN."""

    body = serializers.SerializerMethodField()
    body_sha256 = serializers.CharField()

    def get_body(self, delivery: object) -> str:
        raw: bytes = bytes(delivery.body)  # type: ignore[attr-defined]
        return raw.decode("utf-8", "backslashreplace")
