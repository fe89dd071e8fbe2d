"""Which stored coin a listed one is. The same symbol alone proves nothing: hundreds of coins share theirs.

A coin is known by the service's own id once it was joined. Before that it is the one with the same slug; else the one
with the same symbol whose rank is near, for the services count supplies a little differently. Where two could be
meant it is neither, and the listed coin gets a row of its own.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from market.listings.base import ListedCoin
from market.models import Coin

# Ranks of the two services differ by more the further down one looks.
NEAR_RANKS = 5
NEAR_SHARE = 0.1


def join(listed: Sequence[ListedCoin], known: Iterable[Coin], *, id_field: str) -> dict[str, Coin]:
    """Return the stored coin of each listed one by `provider_id`; one that is new is absent. No coin is taken twice."""
    by_id: dict[str, Coin] = {}
    free: list[Coin] = []
    for coin in known:
        own_id = getattr(coin, id_field)
        if own_id is None:
            free.append(coin)
        else:
            by_id[own_id] = coin
    joined = {each.provider_id: by_id[each.provider_id] for each in listed if each.provider_id in by_id}
    for is_same in (_same_slug, _same_symbol_near_rank):
        unknown = [each for each in listed if each.provider_id not in joined]
        pairs = [(each, coin) for each in unknown for coin in free if is_same(each, coin)]
        joined |= _beyond_doubt(pairs)
        taken = {coin.pk for coin in joined.values()}
        free = [coin for coin in free if coin.pk not in taken]
    return joined


def _beyond_doubt(pairs: Sequence[tuple[ListedCoin, Coin]]) -> dict[str, Coin]:
    """Return the pairs neither side of which is in another pair."""
    listed = Counter(each.provider_id for each, _ in pairs)
    stored = Counter(coin.pk for _, coin in pairs)
    return {each.provider_id: coin for each, coin in pairs if listed[each.provider_id] == stored[coin.pk] == 1}


def _same_slug(listed: ListedCoin, coin: Coin) -> bool:
    return listed.slug == coin.slug


def _same_symbol_near_rank(listed: ListedCoin, coin: Coin) -> bool:
    if listed.symbol != coin.symbol or listed.rank is None or coin.rank is None:
        return False
    return abs(listed.rank - coin.rank) <= max(NEAR_RANKS, NEAR_SHARE * min(listed.rank, coin.rank))
