"""Bots, in and out."""

from typing import Any

from rest_framework import serializers

from bots.api.decisions import DecisionAnswer
from bots.api.trading_serializers import EarnedAnswer
from bots.models import Bot, BotStatus
from core.api.serializers import FreeObject, LowerCase, StrictSerializer, any_case
from market.api.candles_serializers import IntervalInput
from market.intervals import Interval


class BotInput(StrictSerializer):
    """What a bot is created with: a symbol or a base coin."""

    name = serializers.CharField(max_length=100)
    symbol = serializers.CharField(max_length=64, required=False, default="")
    base_name = serializers.CharField(max_length=20, required=False, default="")
    exchange = LowerCase(max_length=40, required=False, default="paper")
    timeframe = IntervalInput(required=False, default=Interval.H1)
    strategy_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    config = FreeObject(required=False, default=dict)


class BotChange(StrictSerializer):
    """What may be changed of a bot; `config` is merged, its null keys are taken away."""

    name = serializers.CharField(max_length=100, required=False)
    symbol = serializers.CharField(max_length=64, required=False)
    exchange = LowerCase(max_length=40, required=False)
    timeframe = IntervalInput(required=False)
    strategy_id = serializers.UUIDField(required=False, allow_null=True)
    config = FreeObject(required=False)


class StatusInput(StrictSerializer):
    """The state a bot is to have."""

    status = any_case(BotStatus)


class ConnectInput(StrictSerializer):
    """What a bot is to be connected to: an account or a group."""

    exactly_one = (("account_id", "group_id"),)

    account_id = serializers.UUIDField(required=False)
    group_id = serializers.UUIDField(required=False)


class BotAnswer(serializers.Serializer):
    """A bot; `connected_accounts` are the ids of all accounts that it trades."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=BotStatus.choices)
    strategy_id = serializers.UUIDField(allow_null=True)
    exchange = serializers.CharField()
    symbol = serializers.CharField()
    base_name = serializers.CharField()
    timeframe = serializers.ChoiceField(choices=Interval.choices)
    config = serializers.DictField()
    connected_accounts = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()


class BotMetrics(serializers.Serializer):
    """What a bot earned on all its accounts together."""

    metrics = EarnedAnswer()


class BotDetail(BotAnswer):
    """A bot with what it earned, and what its strategy decided last; null where none decided yet."""

    performance = BotMetrics()
    last_decision = DecisionAnswer(allow_null=True)


class MadeAnswer(serializers.Serializer):
    """A new bot, in multi's shape."""

    success = serializers.BooleanField()
    bot_id = serializers.UUIDField()


class StartedAnswer(serializers.Serializer):
    """A change of a bot's state."""

    message = serializers.CharField()
    bot_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=BotStatus.choices)


class KeyAnswer(serializers.Serializer):
    """A new webhook key. Besides this answer only the template of an alert holds one."""

    bot_id = serializers.UUIDField()
    webhook_key = serializers.CharField()
    webhook_path = serializers.CharField()
    previous_key_until = serializers.DateTimeField()


class ConnectedAccount(serializers.Serializer):
    """An account of a bot."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    exchange = serializers.CharField()
    balance = serializers.CharField(allow_null=True)
    equity = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()


def bot_data(bot: Bot, accounts: list[Any]) -> dict[str, Any]:
    """Return a bot as the API shows it."""
    bot.connected_accounts = accounts  # type: ignore[attr-defined]
    return dict(BotAnswer(bot).data)
