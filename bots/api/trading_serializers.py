"""What a bot's trading comes to, out, in multi's shapes."""

from rest_framework import serializers

from core.api.serializers import Percent, PlainDecimal, Ratio
from trading.api.closing_serializers import NotClosedAnswer


class LeftAnswer(NotClosedAnswer):
    """A position, or an order, that is still there on an account, and why."""

    account_id = serializers.UUIDField()


class BotTerminatedAnswer(serializers.Serializer):
    """What became of terminating a bot; `success` says that nothing of its coin is left on its accounts."""

    success = serializers.BooleanField()
    terminated_accounts = serializers.IntegerField()
    errors = LeftAnswer(many=True)  # type: ignore[assignment]


class TradesAnswer(serializers.Serializer):
    """Trades together: `pnl` after fees and funding; null where a figure has no value."""

    total_trades = serializers.IntegerField()
    winning_trades = serializers.IntegerField()
    losing_trades = serializers.IntegerField()
    win_rate = Percent(allow_null=True)
    profit_factor = Ratio(allow_null=True)
    expectancy = Ratio(allow_null=True)
    pnl = PlainDecimal()
    realized_pnl = PlainDecimal()
    fees = PlainDecimal()
    funding = PlainDecimal()


class EarnedAnswer(TradesAnswer):
    """Trades, and what is open beside them; `open_pnl` null where a position has no price."""

    open_positions = serializers.IntegerField()
    open_pnl = PlainDecimal(allow_null=True)


class AccountEarnedAnswer(EarnedAnswer):
    """What a bot earned on one account."""

    name = serializers.CharField()


class BotPerformanceAnswer(serializers.Serializer):
    """What a bot earned: by the day, week and month in which a trade was closed, and by the id of its account."""

    bot_id = serializers.UUIDField()
    metrics = EarnedAnswer()
    daily = serializers.DictField(child=TradesAnswer(), source="periods.daily")
    weekly = serializers.DictField(child=TradesAnswer(), source="periods.weekly")
    monthly = serializers.DictField(child=TradesAnswer(), source="periods.monthly")
    accounts = serializers.DictField(child=AccountEarnedAnswer())
