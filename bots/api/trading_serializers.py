"""What a bot's trading comes to, out, in multi's shapes."""

from rest_framework import serializers

from core.api.serializers import StrictSerializer
from trading.api.closing_serializers import NotClosedAnswer


class TerminateBotInput(StrictSerializer):
    """Nothing: what names a part of a bot's trading must not end all of it."""


class LeftAnswer(NotClosedAnswer):
    """A position, or an order, that is still there on an account, and why."""

    account_id = serializers.UUIDField()


class BotTerminatedAnswer(serializers.Serializer):
    """What became of terminating a bot; `success` says that nothing of its coin is left on its accounts."""

    success = serializers.BooleanField()
    terminated_accounts = serializers.IntegerField()
    errors = LeftAnswer(many=True)  # type: ignore[assignment]
