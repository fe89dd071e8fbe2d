"""CoinGecko's listing: /coins/markets for the figures, /coins/{id} for the words. It works without a key, slowly.

The header that carries the key goes by the plan: a key of one plan is refused at the address of the other.
"""

import html
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.html import strip_tags

from core.breaker import BreakerState
from market.listings import rows
from market.listings.asking import Asker
from market.listings.base import CoinDetails, ListedCoin, ListedCoins
from market.sources.base import SourceDown
from market.sources.http import JsonClient

URLS = {"demo": "https://api.coingecko.com/api/v3", "pro": "https://pro-api.coingecko.com/api/v3"}
HEADERS = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
MOST_LETTERS = 20_000
DEADLINE_SECONDS = 10.0

_MARKETS = {
    "vs_currency": "usd",
    "order": "market_cap_desc",
    "page": "1",
    "sparkline": "false",
    "price_change_percentage": "1h,24h,7d",
}
_WORDS_ONLY = dict.fromkeys(
    ("localization", "tickers", "market_data", "community_data", "developer_data", "sparkline"), "false"
)


class CoinGecko:
    """Its ids of coins are words, and serve as slugs."""

    title = "CoinGecko"
    id_field = "coingecko_id"

    def __init__(self, *, client: JsonClient | None = None, asker: Asker | None = None) -> None:
        self._client = client or JsonClient(deadline_seconds=DEADLINE_SECONDS)
        self._asker = asker or Asker(self.title)

    def breaker_state(self) -> BreakerState:
        """Return whether it is asked at all now."""
        return self._asker.state

    def top(self, limit: int) -> ListedCoins:
        """Return the `limit` largest coins, 1 to 250. Raises SourceDown, SourceBusy."""
        return self._asker.ask(lambda: self._top(limit))

    def details(self, provider_id: str) -> CoinDetails:
        """Return what it tells about one coin. Raises SourceDown, SourceBusy, SourceRefused."""
        return self._asker.ask(lambda: self._details(provider_id))

    def _top(self, limit: int) -> ListedCoins:
        told = self._get("/coins/markets", {**_MARKETS, "per_page": str(limit)})
        if not isinstance(told, list):
            raise SourceDown("the answer is not a list")
        return rows.read_coins(told, read=_coin, limit=limit)

    def _details(self, provider_id: str) -> CoinDetails:
        told = self._get(f"/coins/{quote(provider_id, safe='')}", _WORDS_ONLY)
        if not isinstance(told, dict) or told.get("id") != provider_id:
            raise SourceDown("the answer is not about the coin that was asked for")
        return read_details(told)

    def _get(self, path: str, params: dict[str, str]) -> Any:
        plan, key = settings.COINGECKO_PLAN, settings.COINGECKO_API_KEY
        base_url = (settings.COINGECKO_URL or URLS[plan]).rstrip("/")
        return self._client.get_json(f"{base_url}{path}", params, headers={HEADERS[plan]: key} if key else None)


def read_details(told: dict[str, Any]) -> CoinDetails:
    """Return the words of a whole coin, markup taken out; what is missing or of another kind is ""."""
    description = _inside(told, "description").get("en")
    homepages = _inside(told, "links").get("homepage")
    addresses = [rows.address(each) for each in homepages] if isinstance(homepages, list) else []
    return CoinDetails(
        description=_words(description) if isinstance(description, str) else "",
        website=next(filter(None, addresses), ""),
        image_url=rows.address(_inside(told, "image").get("large")),
    )


def _inside(told: dict[str, Any], name: str) -> dict[str, Any]:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}


def _words(markup: str) -> str:
    words = html.unescape(strip_tags(markup[:MOST_LETTERS])).replace("\r\n", "\n").replace("\x00", "")
    return words.strip()


def _coin(row: dict[str, Any]) -> ListedCoin:
    own_id = rows.text(row, "id")
    day = "price_change_percentage_24h"
    return ListedCoin(
        provider_id=own_id,
        symbol=rows.text(row, "symbol", longest=rows.LONGEST_SYMBOL).upper(),
        name=rows.text(row, "name"),
        slug=own_id,
        price=rows.price(row, "current_price"),
        rank=rows.rank(row, "market_cap_rank"),
        market_cap=rows.amount(row, "market_cap"),
        fully_diluted_market_cap=rows.amount(row, "fully_diluted_valuation"),
        volume_24h=rows.amount(row, "total_volume"),
        high_24h=rows.amount(row, "high_24h"),
        low_24h=rows.amount(row, "low_24h"),
        change_1h_percent=rows.number(row, "price_change_percentage_1h_in_currency"),
        change_24h_percent=rows.number(row, f"{day}_in_currency" if f"{day}_in_currency" in row else day),
        change_7d_percent=rows.number(row, "price_change_percentage_7d_in_currency"),
        circulating_supply=rows.amount(row, "circulating_supply"),
        total_supply=rows.amount(row, "total_supply"),
        max_supply=rows.amount(row, "max_supply"),
        ath=rows.amount(row, "ath"),
        ath_at=rows.moment(row, "ath_date"),
        atl=rows.amount(row, "atl"),
        atl_at=rows.moment(row, "atl_date"),
        image_url=rows.address(row.get("image")),
        provider_updated_at=rows.moment(row, "last_updated"),
    )
