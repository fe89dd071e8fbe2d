"""What the doors take and answer: registration, login, refresh, logout, and a person's own page."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.roles import Role
from accounts.selectors import people
from accounts.tokens import Tokens
from core.api.serializers import StrictSerializer, kept_json
from core.exact import plain

_LONGEST_TOKEN = 2000
_LONGEST_DEVICE_INFO = 2000


class DeviceInfoInput(serializers.Serializer):
    """What a device says of itself. Other fields are welcome; all together stay short."""

    ip_address = serializers.CharField(max_length=100, required=False, allow_blank=True)
    user_agent = serializers.CharField(max_length=400, required=False, allow_blank=True)
    device_type = serializers.CharField(max_length=100, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        known = super().to_internal_value(data)
        if len(json.dumps(data, default=str)) > _LONGEST_DEVICE_INFO:
            raise serializers.ValidationError(f"At most {_LONGEST_DEVICE_INFO} characters of JSON.")
        return kept_json({**data, **known})


class RegisterInput(StrictSerializer):
    """Without `username` the e-mail address is the user name."""

    email = serializers.EmailField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)
    username = serializers.CharField(max_length=150, default=None)
    full_name = serializers.CharField(max_length=150, default="", allow_blank=True)
    device_info = DeviceInfoInput(default=dict)


class LoginInput(StrictSerializer):
    """`username` or `email`; either may hold the other."""

    exactly_one = (("username", "email"),)

    username = serializers.CharField(max_length=150, required=False)
    email = serializers.CharField(max_length=150, required=False)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)
    device_info = DeviceInfoInput(default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "name_or_email": attrs["username"] if "username" in attrs else attrs["email"]}


class RefreshInput(StrictSerializer):
    refresh_token = serializers.CharField(max_length=_LONGEST_TOKEN, write_only=True)


class UserAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    last_login = serializers.DateTimeField(allow_null=True)


class UserContextAnswer(serializers.Serializer):
    user_id = serializers.UUIDField(source="id")
    username = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, user: User) -> list[str]:
        return people.permissions_of(user)


class MeAnswer(UserContextAnswer, UserAnswer):
    """Both shapes in one object."""


class ProfileAnswer(UserAnswer):
    """The context holds `balance`: the margin available on the user's default paper account."""

    preferences = serializers.JSONField()
    balance = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True, "example": "9500.25"})
    def get_balance(self, user: User) -> str | None:
        return plain(self.context["balance"])


class TokensAnswer(serializers.Serializer):
    access_token = serializers.CharField(source="tokens.access")
    refresh_token = serializers.CharField(source="tokens.refresh")
    token_type = serializers.CharField(default="bearer", read_only=True)
    expires_in = serializers.IntegerField(source="tokens.expires_in", help_text="Seconds.")
    user = UserAnswer()
    user_context = UserContextAnswer(source="user")


def tokens_answer(user: User, tokens: Tokens) -> dict[str, Any]:
    """Return the answer of login, registration and refresh."""
    return TokensAnswer({"user": user, "tokens": tokens}).data
