"""Reading the coin listings: sorted, by name, the top of a category, what a coin cost before."""

from datetime import datetime
from difflib import get_close_matches

from django.db.models import F, Q, QuerySet, TextChoices
from django.db.models.expressions import OrderBy

from core.errors import Missing
from market.listings.rows import LONGEST_NAME
from market.models import Coin, CoinSnapshot

_MOST_NEAR = 5


class CoinSort(TextChoices):
    """By what a list of coins is sorted: fields of Coin."""

    RANK = "rank"
    SYMBOL = "symbol"
    NAME = "name"
    PRICE = "price"
    MARKET_CAP = "market_cap"
    VOLUME_24H = "volume_24h"
    CHANGE_1H_PERCENT = "change_1h_percent"
    CHANGE_24H_PERCENT = "change_24h_percent"
    CHANGE_7D_PERCENT = "change_7d_percent"
    ATH = "ath"
    ATL = "atl"


class SortOrder(TextChoices):
    """Which end comes first."""

    ASC = "asc"
    DESC = "desc"


class TopCategory(TextChoices):
    """Which coins a top list is of."""

    GAINERS = "gainers"
    LOSERS = "losers"
    VOLUME = "volume"
    MARKET_CAP = "market_cap"
    NEW = "new"


# Names and ranks are read from their beginning, figures from the largest.
_ASCENDING = {CoinSort.RANK, CoinSort.SYMBOL, CoinSort.NAME}
_TRADED = Q(volume_24h__gt=0)
_TOP: dict[str, tuple[Q, OrderBy]] = {
    TopCategory.GAINERS: (_TRADED & Q(change_24h_percent__gt=0), F("change_24h_percent").desc()),
    TopCategory.LOSERS: (_TRADED & Q(change_24h_percent__lt=0), F("change_24h_percent").asc()),
    TopCategory.VOLUME: (_TRADED, F("volume_24h").desc()),
    TopCategory.MARKET_CAP: (Q(market_cap__gt=0), F("market_cap").desc()),
    TopCategory.NEW: (Q(), F("created_at").desc()),
}
_BY_RANK = F("rank").asc(nulls_last=True)


class UnknownCoin(Missing):
    """No coin has this symbol or slug; `near` are the symbols of those that come close."""

    code = "UNKNOWN_COIN"

    def __init__(self, text: str, *, near: list[str]) -> None:
        hint = f" Near it: {', '.join(near)}." if near else ""
        super().__init__(f"No coin is listed as {text}.{hint}")
        self.near = tuple(near)


def coins(
    *, symbol_filter: str = "", sort_by: CoinSort = CoinSort.RANK, order: SortOrder | None = None
) -> QuerySet[Coin]:
    """Return the coins with `symbol_filter` in their symbol; those without a figure to sort by come last."""
    chosen = order or (SortOrder.ASC if sort_by in _ASCENDING else SortOrder.DESC)
    figure = F(sort_by.value)
    first = figure.asc(nulls_last=True) if chosen == SortOrder.ASC else figure.desc(nulls_last=True)
    return Coin.objects.filter(symbol__contains=symbol_filter.upper()).order_by(first, _BY_RANK, "symbol", "pk")


def top_coins(category: TopCategory) -> QuerySet[Coin]:
    """Return the coins of a category, its first ones first: gainers and losers of 24 hours that were traded in them.

    New are those that the services told of last for the first time.
    """
    belongs, order = _TOP[category]
    return Coin.objects.filter(belongs).order_by(order, _BY_RANK, "symbol", "pk")


def find_coin(text: str) -> Coin:
    """Return the highest ranked coin whose symbol or slug `text` is, in any case. Raises UnknownCoin."""
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise UnknownCoin(f"{text[:LONGEST_NAME]!a}", near=[])
    named = Coin.objects.filter(Q(symbol=text.upper()) | Q(slug=text.lower()))
    coin = named.order_by(_BY_RANK, "symbol", "pk").first()
    if coin is None:
        raise UnknownCoin(text, near=_near(text))
    return coin


def coin_history(coin: Coin, *, start: datetime | None = None, end: datetime | None = None) -> QuerySet[CoinSnapshot]:
    """Return what a coin cost from `start` to `end`, both included, the newest first."""
    rows = coin.history.order_by("-at")
    if start is not None:
        rows = rows.filter(at__gte=start)
    return rows if end is None else rows.filter(at__lte=end)


def _near(text: str) -> list[str]:
    """All names are read only now, so that the refusal can say what comes near."""
    names: dict[str, str] = {}
    for symbol, slug, name in Coin.objects.order_by(_BY_RANK, "pk").values_list("symbol", "slug", "name"):
        for each in (symbol, slug, name):
            names.setdefault(each.upper(), symbol)
    close = get_close_matches(text.upper(), names, n=_MOST_NEAR, cutoff=0.6)
    return list(dict.fromkeys(names[each] for each in close))
