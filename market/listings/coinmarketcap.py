"""CoinMarketCap's listing, v3 and v1: `quote` is a list or an object, the error code a text or a number.

A failure may hide in an answer of status 200: its own `status` decides. It is not asked without a key.
"""

from typing import Any

from django.conf import settings

from core.breaker import BreakerState
from market.listings import rows
from market.listings.asking import Asker
from market.listings.base import ListedCoin, ListedCoins, NotConfigured
from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.sources.http import JsonClient

URL = "https://pro-api.coinmarketcap.com"
# The newest first; what the server does not have, it answers 404.
PATHS = ("/v3/cryptocurrency/listings/latest", "/v1/cryptocurrency/listings/latest")
DEADLINE_SECONDS = 10.0

# Too many requests: in a minute, a day, a month, by one address. The longer ones are looked at again once an hour.
_BUSY_SECONDS = {"1008": 60.0, "1009": 3600.0, "1010": 3600.0, "1011": 60.0}
_LONGEST_CODE = 6


class CoinMarketCap:
    """Its ids of coins are numbers, beside which it gives slugs."""

    title = "CoinMarketCap"
    id_field = "coinmarketcap_id"

    def __init__(self, *, client: JsonClient | None = None, asker: Asker | None = None) -> None:
        self._client = client or JsonClient(deadline_seconds=DEADLINE_SECONDS)
        self._asker = asker or Asker(self.title)

    def breaker_state(self) -> BreakerState:
        """Return whether it is asked at all now."""
        return self._asker.state

    def top(self, limit: int) -> ListedCoins:
        """Return the `limit` largest coins, 1 to 250. Raises SourceDown, SourceBusy, NotConfigured."""
        if not settings.COINMARKETCAP_API_KEY:
            raise NotConfigured("it is not asked without COINMARKETCAP_API_KEY")
        return self._asker.ask(lambda: self._top(limit))

    def _top(self, limit: int) -> ListedCoins:
        told = self._get({"start": "1", "limit": str(limit), "convert": "USD"})
        _check_status(told)
        data = told.get("data")
        if not isinstance(data, list):
            raise SourceDown("the answer has no list of coins")
        return rows.read_coins(data, read=_coin, limit=limit)

    def _get(self, params: dict[str, str]) -> dict[str, Any]:
        newest, older = PATHS
        try:
            told = self._get_from(newest, params)
        except SourceRefused as refused:
            if refused.http_status != 404:
                raise
            told = self._get_from(older, params)
        if not isinstance(told, dict):
            raise SourceDown("the answer is not a JSON object")
        return told

    def _get_from(self, path: str, params: dict[str, str]) -> Any:
        base_url = (settings.COINMARKETCAP_URL or URL).rstrip("/")
        headers = {"X-CMC_PRO_API_KEY": settings.COINMARKETCAP_API_KEY}
        return self._client.get_json(f"{base_url}{path}", params, headers=headers)


def _check_status(told: dict[str, Any]) -> None:
    status = told.get("status")
    code = status.get("error_code") if isinstance(status, dict) else None
    if type(code) not in (int, str):
        raise SourceDown("the answer does not say whether it is one")
    code = str(code)
    if code in _BUSY_SECONDS:
        raise SourceBusy(f"error code {code}: too many requests", wait_seconds=_BUSY_SECONDS[code])
    if code != "0":
        is_code = code.isascii() and code.isdigit() and len(code) < _LONGEST_CODE
        raise SourceDown(f"error code {code}" if is_code else "an error code that is none")


def _coin(row: dict[str, Any]) -> ListedCoin:
    own_id = row.get("id")
    if type(own_id) is not int or own_id < 1:
        raise rows.Unsound("id is no number")
    usd = _usd(row.get("quote"))
    return ListedCoin(
        provider_id=str(own_id),
        symbol=rows.text(row, "symbol", longest=rows.LONGEST_SYMBOL).upper(),
        name=rows.text(row, "name"),
        slug=rows.text(row, "slug"),
        price=rows.price(usd, "price"),
        rank=rows.rank(row, "cmc_rank"),
        market_cap=rows.amount(usd, "market_cap"),
        fully_diluted_market_cap=rows.amount(usd, "fully_diluted_market_cap"),
        volume_24h=rows.amount(usd, "volume_24h"),
        change_1h_percent=rows.number(usd, "percent_change_1h"),
        change_24h_percent=rows.number(usd, "percent_change_24h"),
        change_7d_percent=rows.number(usd, "percent_change_7d"),
        circulating_supply=rows.amount(row, "circulating_supply"),
        total_supply=rows.amount(row, "total_supply"),
        max_supply=rows.amount(row, "max_supply"),
        provider_updated_at=rows.moment(usd, "last_updated"),
    )


def _usd(quote: Any) -> dict[str, Any]:
    """Return the figures in USD, of either shape. Raises Unsound."""
    if isinstance(quote, dict):
        quote = [{**figures, "symbol": name} for name, figures in quote.items() if isinstance(figures, dict)]
    for figures in quote if isinstance(quote, list) else ():
        if isinstance(figures, dict) and figures.get("symbol") == "USD":
            return figures
    raise rows.Unsound("quote has no figures in USD")
