"""The sheets of accounts, out, in multi's shapes."""

from rest_framework import serializers

from accounts.api.accounts_serializers import AccountAnswer
from core.api.serializers import PlainDecimal


class SkipQuery(serializers.Serializer):
    """Which part of a list: multi passes over rows by `skip`."""

    skip = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)


class AccountInfo(serializers.Serializer):
    """What an account is."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    exchange = serializers.CharField()
    currency = serializers.CharField()
    is_demo = serializers.BooleanField()
    is_testnet = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class Balances(serializers.Serializer):
    """What is in it, in its currency; `net_deposits` is all that was paid in less all that was paid out."""

    currency = serializers.CharField(source="account.currency")
    balance = PlainDecimal(source="figures.balance")
    equity = PlainDecimal(source="figures.equity")
    margin_used = PlainDecimal(source="figures.margin_used")
    margin_available = PlainDecimal(source="figures.margin_available")
    net_deposits = PlainDecimal(source="account.net_deposits")


class AccountSettings(serializers.Serializer):
    """What it may do."""

    is_active = serializers.BooleanField()
    max_leverage = serializers.IntegerField()
    max_daily_loss = PlainDecimal(allow_null=True)


class ReferenceAnswer(serializers.Serializer):
    """A group or a bot that has the account in it."""

    type = serializers.CharField()
    id = serializers.UUIDField()
    name = serializers.CharField()


def _positions() -> serializers.DictField:
    """Return the field of open positions by symbol, as positions are told elsewhere."""
    return serializers.DictField(child=serializers.DictField(), source="sections.positions")


class SheetRow(serializers.Serializer):
    """One account in multi's list."""

    account_info = AccountInfo(source="account")
    balances = Balances(source="*")
    positions = _positions()
    performance = serializers.DictField(source="sections.performance")
    references = ReferenceAnswer(many=True)


class SkipPage(serializers.Serializer):
    """Where a page lies in its list."""

    total = serializers.IntegerField()
    skip = serializers.IntegerField()
    limit = serializers.IntegerField()


class SheetList(serializers.Serializer):
    """Multi's list of accounts."""

    accounts = SheetRow(many=True)
    pagination = SkipPage()


class AccountPart(serializers.Serializer):
    """What multi tells of one account."""

    account_info = AccountInfo(source="account")
    balances = Balances(source="*")
    positions = _positions()
    settings = AccountSettings(source="account")


class StreamAnswer(serializers.Serializer):
    """How far the account's stream has been told; `cursor` is null while nothing of it is kept."""

    stream = serializers.CharField()
    last_seq = serializers.IntegerField()
    cursor = serializers.IntegerField(allow_null=True)


class AccountDetail(AccountAnswer):
    """One account in both shapes: paper's flat fields, and multi's four keys."""

    account = AccountPart(source="sheet")
    performance = serializers.DictField(source="sheet.sections.performance")
    references = ReferenceAnswer(many=True, source="sheet.references")
    ws_status = StreamAnswer()
