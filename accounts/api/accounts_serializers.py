"""Trading accounts and their ledger, in and out."""

from decimal import Decimal

from rest_framework import serializers

from accounts.models import TransferKind
from core.api.serializers import MoneyInput, PlainDecimal, StrictSerializer

LARGEST_DEPOSIT = Decimal(1_000_000_000)


class AccountInput(StrictSerializer):
    """What an account is opened with."""

    name = serializers.CharField(max_length=100)
    exchange = serializers.CharField(max_length=40, default="paper")
    currency = serializers.RegexField(r"^[A-Z0-9]{2,12}$", default="USDT")
    initial_balance = MoneyInput(zero=True, most=LARGEST_DEPOSIT, required=False)
    is_demo = serializers.BooleanField(default=True)
    max_leverage = serializers.IntegerField(min_value=1, max_value=100, default=100)
    max_daily_loss = MoneyInput(required=False, allow_null=True, default=None)


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
