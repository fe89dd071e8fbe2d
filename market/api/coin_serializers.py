"""What the doors of the coin listings take and answer. Money is in USD, changes are percents, both decimal strings."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import AnyCaseName, MomentInput, PlainFloat, StrictSerializer, any_case
from market.listings import PROVIDERS
from market.listings.base import MOST_COINS
from market.listings.rows import LONGEST_SYMBOL
from market.models import Coin
from market.selectors.coins import CoinSort, SortOrder

DEFAULT_SYNCED = 200


class CoinRow(serializers.Serializer):
    """One coin of a list. A figure that no service told is null."""

    id = serializers.UUIDField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    rank = serializers.IntegerField(allow_null=True, help_text="By market capitalisation.")
    price = PlainFloat()
    market_cap = PlainFloat()
    fully_diluted_market_cap = PlainFloat()
    volume_24h = PlainFloat()
    high_24h = PlainFloat()
    low_24h = PlainFloat()
    change_1h_percent = PlainFloat()
    change_24h_percent = PlainFloat()
    change_7d_percent = PlainFloat()
    circulating_supply = PlainFloat()
    total_supply = PlainFloat()
    max_supply = PlainFloat()
    ath = PlainFloat(help_text="All-time high.")
    ath_at = serializers.DateTimeField(allow_null=True)
    atl = PlainFloat(help_text="All-time low.")
    atl_at = serializers.DateTimeField(allow_null=True)
    website = serializers.CharField()
    image_url = serializers.CharField()
    provider = serializers.CharField(help_text="Which service the figures are from.")
    updated_at = serializers.DateTimeField(source="provider_updated_at", allow_null=True)
    synced_at = serializers.DateTimeField(help_text="When the service was asked.")
    stale = serializers.SerializerMethodField(help_text="No service has told of it for two hours.")

    def get_stale(self, coin: Coin) -> bool:
        return coin.is_stale(now=self.context["now"])


class CoinAnswer(CoinRow):
    """One coin, with what is told about it."""

    description = serializers.CharField()


class SnapshotAnswer(serializers.Serializer):
    """What a coin cost at one moment."""

    timestamp = serializers.DateTimeField(source="at")
    price = PlainFloat()
    market_cap = PlainFloat()
    volume_24h = PlainFloat()
    provider = serializers.CharField()


class CoinQuery(serializers.Serializer[Any]):
    """Which coins, in which order."""

    symbol_filter = serializers.CharField(max_length=LONGEST_SYMBOL, required=False, help_text="Part of a symbol.")
    sort_by = any_case(CoinSort, required=False, help_text="`rank` where it is not said.")
    order = any_case(SortOrder, required=False, help_text="Else `asc` for rank, symbol and name, `desc` for figures.")


class HistoryQuery(serializers.Serializer[Any]):
    """From when to when, both included."""

    start = MomentInput(required=False)
    end = MomentInput(required=False, end_of_day=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "start" in attrs and "end" in attrs and attrs["start"] > attrs["end"]:
            raise serializers.ValidationError({"start": ["start lies after end."]})
        return attrs


class ListingsSyncInput(StrictSerializer):
    """How many coins, of which service."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST_COINS, default=DEFAULT_SYNCED)
    provider = AnyCaseName(
        choices=list(PROVIDERS), required=False, help_text="Only this one is asked, also where it fails."
    )


class FailureAnswer(serializers.Serializer):
    """A service that was asked in vain."""

    provider = serializers.CharField()
    reason = serializers.CharField()


class ListingsSyncAnswer(serializers.Serializer):
    """What a sync did: `skipped` rows were unsound, `written` coins were not older than what was stored."""

    provider = serializers.CharField()
    received = serializers.IntegerField()
    written = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failures = FailureAnswer(many=True)
    synced_at = serializers.DateTimeField()
