"""People, in and out: one's own page, and people as admins see them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.auth_serializers import UserAnswer
from accounts.models import Role, Share
from core.api.serializers import StrictSerializer, any_case, kept_json

MOST_SHARED = 1000


@extend_schema_field(OpenApiTypes.OBJECT)
class PreferencesInput(serializers.Field):
    """An object of anything that JSON can say; null takes a key away."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("This is an object.")
        return kept_json(data)

    def to_representation(self, value: Any) -> Any:
        return value


class ProfileChange(StrictSerializer):
    """What people may change of themselves."""

    full_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    preferences = PreferencesInput(required=False)


class SharedInput(StrictSerializer):
    """Something that is to be shared."""

    scope_type = any_case(Share.Scope)
    scope_id = serializers.UUIDField()


class UserChange(StrictSerializer):
    """What admins may change of a person; `shared` replaces all that is shared with them."""

    role = any_case(Role, required=False)
    is_active = serializers.BooleanField(required=False)
    full_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    shared = serializers.ListField(child=SharedInput(), max_length=MOST_SHARED, required=False)


class UserQuery(serializers.Serializer):
    """Filters of the list of people; `search` looks in user name, e-mail address and full name."""

    role = any_case(Role, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    search = serializers.CharField(max_length=150, required=False, default="")


class SharedAnswer(serializers.Serializer):
    """Something that is shared with a person."""

    scope_type = serializers.ChoiceField(choices=Share.Scope.choices)
    scope_id = serializers.UUIDField()


class PersonAnswer(UserAnswer):
    """A person as admins see them; their shares come prefetched."""

    shared = SharedAnswer(many=True, source="shares.all")
