"""Groups, in and out."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictSerializer
from groups.models import AccountGroup
from groups.services.membership import Joining


class GroupInput(StrictSerializer):
    """What a group is created with."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    accounts = serializers.ListField(child=serializers.UUIDField(), max_length=10_000, required=False, default=list)


class MembersInput(StrictSerializer):
    """Accounts that are to join a group."""

    account_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=10_000)


class AssignInput(StrictSerializer):
    """The group that an account is to join."""

    group_id = serializers.UUIDField()


class GroupAnswer(serializers.Serializer):
    """A group; `accounts` are the ids of its members."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    accounts = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()


def group_data(group: AccountGroup) -> dict[str, Any]:
    """Return a group as the API shows it; its members come prefetched."""
    accounts = [str(member.account_id) for member in group.members.all()]
    return dict(
        GroupAnswer(
            {
                "id": group.id,
                "name": group.name,
                "description": group.description,
                "accounts": accounts,
                "created_at": group.created_at,
            }
        ).data
    )


def joinings_data(joinings: list[Joining]) -> dict[str, list[Any]]:
    """Return the results of a bulk addition as multi shows them."""
    failed = [
        {"account_id": str(joining.account_id), "code": joining.refusal.code, "detail": joining.refusal.message}
        for joining in joinings
        if joining.refusal
    ]
    return {"success": [str(joining.account_id) for joining in joinings if not joining.refusal], "failed": failed}
