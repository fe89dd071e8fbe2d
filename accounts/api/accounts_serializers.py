"""Trading accounts and their ledger, in and out."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.models import TransferKind
from accounts.services.credentials import Keys
from core.api.serializers import LowerCase, MoneyInput, PlainDecimal, StrictSerializer

LARGEST_DEPOSIT = Decimal(1_000_000_000)


class AccountInput(StrictSerializer):
    """What an account is opened with."""

    name = serializers.CharField(max_length=100)
    exchange = LowerCase(max_length=40, default="paper")
    currency = serializers.RegexField(r"^[A-Z0-9]{2,12}$", default="USDT")
    initial_balance = MoneyInput(zero=True, most=LARGEST_DEPOSIT, required=False)
    is_demo = serializers.BooleanField(default=True)
    max_leverage = serializers.IntegerField(min_value=1, max_value=100, default=100)
    max_daily_loss = MoneyInput(required=False, allow_null=True, default=None)


class KeysInput(StrictSerializer):
    """Keys of an exchange. They go in and never come out."""

    api_key = serializers.CharField(max_length=500, write_only=True)
    api_secret = serializers.CharField(max_length=5000, write_only=True)
    passphrase = serializers.CharField(max_length=500, allow_blank=True, default="", write_only=True)


class AccountWithKeysInput(StrictSerializer):
    """What multi creates an account with; its keys come together or not at all."""

    name = serializers.CharField(max_length=100, required=False)
    exchange = LowerCase(max_length=40, default="paper")
    api_key = serializers.CharField(max_length=500, required=False, write_only=True)
    api_secret = serializers.CharField(max_length=5000, required=False, write_only=True)
    passphrase = serializers.CharField(max_length=500, allow_blank=True, required=False, write_only=True)
    is_testnet = serializers.BooleanField(default=False)
    initial_balance = MoneyInput(zero=True, most=LARGEST_DEPOSIT, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {name: attrs.pop(name) for name in ("api_key", "api_secret", "passphrase") if name in attrs}
        missing = {"api_key", "api_secret"} - given.keys()
        if any(given.values()) and missing:
            raise serializers.ValidationError({name: ["Give it with the other keys."] for name in sorted(missing)})
        return attrs if missing else {**attrs, "keys": Keys(**given)}


class AccountChange(StrictSerializer):
    """What may be changed of an account."""

    name = serializers.CharField(max_length=100, required=False)
    is_active = serializers.BooleanField(required=False)
    max_leverage = serializers.IntegerField(min_value=1, max_value=100, required=False)
    max_daily_loss = MoneyInput(required=False, allow_null=True)


class MoveInput(StrictSerializer):
    """A deposit or a withdrawal; `reference` makes it happen once."""

    amount = MoneyInput(most=LARGEST_DEPOSIT)
    reference = serializers.CharField(max_length=90, required=False)


class AccountAnswer(serializers.Serializer):
    """An account with its figures at this moment."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    exchange = serializers.CharField()
    currency = serializers.CharField()
    is_demo = serializers.BooleanField()
    is_testnet = serializers.BooleanField()
    is_active = serializers.BooleanField()
    balance = PlainDecimal()
    equity = PlainDecimal(source="figures.equity")
    margin_used = PlainDecimal(source="figures.margin_used")
    margin_available = PlainDecimal(source="figures.margin_available")
    max_leverage = serializers.IntegerField()
    max_daily_loss = PlainDecimal(allow_null=True)
    created_at = serializers.DateTimeField()


class SyncAnswer(serializers.Serializer):
    """What is in the account by now."""

    success = serializers.BooleanField()
    balance = PlainDecimal()
    equity = PlainDecimal()


class CreatedAnswer(serializers.Serializer):
    """The account that was made, as multi tells of it."""

    success = serializers.BooleanField()
    account_id = serializers.UUIDField()
    message = serializers.CharField()


class LedgerRow(serializers.Serializer):
    """One transfer, from the account's side: `amount` is signed."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=TransferKind.choices)
    amount = PlainDecimal(source="signed_amount")
    currency = serializers.CharField()
    balance_after = PlainDecimal()
    reference = serializers.CharField()
    debit = serializers.CharField()
    credit = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReconcileAnswer(serializers.Serializer):
    """The balance against the sum of the transfers; `difference` is "0" when the books are true."""

    balance = PlainDecimal()
    ledger_balance = PlainDecimal()
    difference = PlainDecimal()
