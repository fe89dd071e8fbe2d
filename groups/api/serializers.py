"""Groups, in and out."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.api.serializers import DecimalInput, PlainDecimal, StrictSerializer
from core.exact import MONEY_SCALE
from groups.models import HIGHEST_TARGET, AccountGroup
from groups.services.membership import Joining


class LimitPercent(DecimalInput):
    """A percentage of a group, more than 0; null takes it back."""

    def __init__(self, *, most: Decimal = Decimal(100), **kwargs: Any) -> None:
        super().__init__(scale=MONEY_SCALE, most=most, required=False, allow_null=True, **kwargs)


class GroupChange(StrictSerializer):
    """What may be changed of a group; `accounts` are all that are to be its members."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    accounts = serializers.ListField(child=serializers.UUIDField(), max_length=10_000, required=False)
    max_drawdown = LimitPercent(source="max_drawdown_percent")
    risk_limit = LimitPercent(source="risk_limit_percent")
    target_monthly_roi = LimitPercent(source="target_monthly_roi_percent", most=HIGHEST_TARGET)
    flatten_on_breach = serializers.BooleanField(required=False)


class GroupInput(GroupChange):
    """What a group is created with."""

    name = serializers.CharField(max_length=100)


class MembersInput(StrictSerializer):
    """Accounts that are to join a group."""

    account_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=10_000)


class AssignInput(StrictSerializer):
    """The group that an account is to join."""

    group_id = serializers.UUIDField()


class GroupAnswer(serializers.Serializer):
    """A group; `accounts` are the ids of its members, its limits and its target are percents."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    accounts = serializers.SerializerMethodField()
    max_drawdown = PlainDecimal(source="max_drawdown_percent", allow_null=True)
    risk_limit = PlainDecimal(source="risk_limit_percent", allow_null=True)
    target_monthly_roi = PlainDecimal(source="target_monthly_roi_percent", allow_null=True)
    flatten_on_breach = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_accounts(self, group: AccountGroup) -> list[UUID]:
        return [member.account_id for member in group.members.all()]


def group_data(group: AccountGroup) -> dict[str, Any]:
    """Return a group as the API shows it; its members come prefetched."""
    return dict(GroupAnswer(group).data)


def joinings_data(joinings: list[Joining]) -> dict[str, list[Any]]:
    """Return the results of a bulk addition as multi shows them."""
    failed = [
        {"account_id": str(joining.account_id), "code": joining.refusal.code, "detail": joining.refusal.message}
        for joining in joinings
        if joining.refusal
    ]
    return {"success": [str(joining.account_id) for joining in joinings if not joining.refusal], "failed": failed}
