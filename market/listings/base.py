"""What a listing service must answer, and how it may fail: in USD, percents as percents, all times aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.breaker import BreakerState
from market.sources.base import SourceDown

# The most coins that one request may ask for: CoinGecko's page.
MOST_COINS = 250


class NotConfigured(SourceDown):
    """The service cannot be asked as the desk is set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCoin:
    """One coin as a service tells of it; a figure that it does not give is None. Its price is always there.

    `provider_id` is the service's own name of the coin.
    """

    provider_id: str
    symbol: str
    name: str
    slug: str
    price: float
    rank: int | None = None
    market_cap: float | None = None
    fully_diluted_market_cap: float | None = None
    volume_24h: float | None = None
    high_24h: float | None = None
    low_24h: float | None = None
    change_1h_percent: float | None = None
    change_24h_percent: float | None = None
    change_7d_percent: float | None = None
    circulating_supply: float | None = None
    total_supply: float | None = None
    max_supply: float | None = None
    ath: float | None = None
    ath_at: datetime | None = None
    atl: float | None = None
    atl_at: datetime | None = None
    image_url: str = ""
    provider_updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedCoins:
    """The coins of one answer, the largest first; `skipped` rows were unsound and are left out."""

    coins: tuple[ListedCoin, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class CoinDetails:
    """What a service tells about a coin in words; what it does not tell is ""."""

    description: str = ""
    website: str = ""
    image_url: str = ""


class ListingProvider(Protocol):
    """A service that lists coins. Every method may be called by any thread."""

    title: str
    id_field: str  # of Coin: where the service's own name of it is kept

    def top(self, limit: int) -> ListedCoins:
        """Return the `limit` largest coins, 1 to MOST_COINS. Raises SourceDown, SourceBusy, NotConfigured."""
        ...

    def breaker_state(self) -> BreakerState:
        """Return whether it is asked at all now."""
        ...


class DetailsProvider(ListingProvider, Protocol):
    """A service that also has words about a coin."""

    def details(self, provider_id: str) -> CoinDetails:
        """Return what it tells about one coin. Raises SourceDown, SourceBusy, SourceRefused."""
        ...
