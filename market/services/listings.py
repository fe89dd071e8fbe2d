"""Keeping the coin listings: asked of the first service that answers, stored in one step, older ones never over newer.

The services are asked outside of any transaction. What is stored then is one transaction of a fixed number of
statements; two syncs at the same time do that one after the other.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from core.bulk import insert_columns, upsert_rows
from core.clock import Clock
from core.errors import AppError, Invalid, Unavailable
from market.listings import PROVIDERS
from market.listings.answers import drop_answers
from market.listings.base import ListedCoin, ListedCoins
from market.listings.joining import join
from market.models import Coin, CoinSnapshot
from market.sources.base import SourceDown

logger = logging.getLogger(__name__)

HISTORY_KEPT = timedelta(days=365)
MOST_DELETED = 10_000

# What only one service gives, and what does not change by the hour: kept where the other one answered.
_KEPT_WITHOUT_WORD = ("ath", "ath_at", "atl", "atl_at", "image_url")
_FIGURES = tuple(name for name in ListedCoin.__dataclass_fields__ if name not in {"provider_id", "slug"})
_SNAPSHOT = ("price", "market_cap", "volume_24h")


@dataclass(frozen=True, slots=True)
class Failure:
    """A service that was asked in vain; the reason is ours, nothing of what it sent is in it."""

    provider: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: coins `received` soundly, `skipped` unsound ones, `written` those not older than the stored."""

    provider: str
    received: int
    written: int
    skipped: int
    failures: tuple[Failure, ...]
    synced_at: datetime


class ListingsOff(AppError):
    """LISTINGS_PROVIDERS names no service: the desk asks none until an operator changes that."""

    code = "LISTINGS_OFF"

    def __init__(self) -> None:
        super().__init__("This desk asks no listing service.")


class ListingsDown(Unavailable):
    """No listing service gave anything; what is stored stays. `failures` says why, a service each."""

    code = "LISTINGS_DOWN"
    retry_after_seconds = 60

    def __init__(self, failures: Sequence[Failure]) -> None:
        reasons = "; ".join(f"{PROVIDERS[each.provider].title}: {each.reason}" for each in failures)
        super().__init__(f"No listing could be had. {reasons}.")
        self.failures = tuple(failures)


def sync_listings(limit: int, *, provider: str | None = None, clock: Clock) -> SyncReport:
    """Store the `limit` largest coins, 1 to 250, and what they cost now; tell what was done.

    The services of LISTINGS_PROVIDERS are asked in their order until one answers; with `provider` only that one is.
    Raises ListingsDown, ListingsOff; Invalid for a service that LISTINGS_PROVIDERS does not name.
    """
    asked = _chosen(provider)
    failures: list[Failure] = []
    for name in asked:
        try:
            heard = PROVIDERS[name].top(limit)
        except SourceDown as down:
            failures.append(Failure(name, down.message))
            continue
        now = clock()
        written = _store(heard.coins, provider=name, now=now)
        return _report(heard, provider=name, written=written, failures=failures, now=now)
    raise ListingsDown(failures)


def delete_old_history(*, now: datetime) -> int:
    """Delete what coins cost over a year ago, at most MOST_DELETED rows; return how many."""
    old = CoinSnapshot.objects.filter(at__lt=now - HISTORY_KEPT).order_by("at").values("pk")[:MOST_DELETED]
    with transaction.atomic():
        return CoinSnapshot.objects.filter(pk__in=old).delete()[0]


def _chosen(provider: str | None) -> Sequence[str]:
    chosen: list[str] = settings.LISTINGS_PROVIDERS
    if not chosen:
        raise ListingsOff
    if provider is None:
        return chosen
    if provider not in chosen:
        raise Invalid(f"This desk does not ask {PROVIDERS[provider].title}.", field="provider")
    return [provider]


def _report(
    heard: ListedCoins, *, provider: str, written: int, failures: Sequence[Failure], now: datetime
) -> SyncReport:
    return SyncReport(
        provider=provider,
        received=len(heard.coins),
        written=written,
        skipped=heard.skipped,
        failures=tuple(failures),
        synced_at=now,
    )


@transaction.atomic
def _store(listed: Sequence[ListedCoin], *, provider: str, now: datetime) -> int:
    """Write coins and their history; return how many were not older than what is stored."""
    _wait_for_other_syncs()
    id_field = PROVIDERS[provider].id_field
    stored = join(listed, _could_be(listed, id_field=id_field), id_field=id_field)
    rows = [
        _coin(each, stored.get(each.provider_id), id_field=id_field, provider=provider, now=now)
        for each in listed
        if each.provider_id not in stored or stored[each.provider_id].synced_at < now
    ]
    upsert_rows(Coin, rows, [*_FIGURES, id_field, "provider", "synced_at"])
    keys = [row.pk for row in rows]
    # Two coins never have one place: who had it before is not listed there any more.
    Coin.objects.filter(rank__in=[row.rank for row in rows if row.rank]).exclude(pk__in=keys).update(rank=None)
    if rows:
        figures: dict[str, Sequence[Any]] = {name: [getattr(row, name) for row in rows] for name in _SNAPSHOT}
        insert_columns(CoinSnapshot, {"coin_id": keys, **figures}, at=now, provider=provider)
    transaction.on_commit(drop_answers)
    return len(rows)


def _wait_for_other_syncs() -> None:
    """On SQLite a transaction that writes is alone already. Readers do not wait on either."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(Coin._meta.db_table)} IN SHARE ROW EXCLUSIVE MODE")


def _could_be(listed: Sequence[ListedCoin], *, id_field: str) -> Sequence[Coin]:
    known = Q(**{f"{id_field}__in": [each.provider_id for each in listed]})
    alike = Q(slug__in=[each.slug for each in listed]) | Q(symbol__in=[each.symbol for each in listed])
    return list(Coin.objects.filter(known | (alike & Q(**{id_field: None}))).order_by("created_at", "pk"))


def _coin(listed: ListedCoin, stored: Coin | None, *, id_field: str, provider: str, now: datetime) -> Coin:
    """Return the row to write. A slug is of the first service that told of the coin: addresses go on to lead there."""
    coin = stored or Coin(slug=listed.slug, created_at=now)
    figures = asdict(listed)
    for name in _FIGURES:
        if figures[name] or name not in _KEPT_WITHOUT_WORD:
            setattr(coin, name, figures[name])
    setattr(coin, id_field, listed.provider_id)
    coin.provider, coin.synced_at = provider, now
    return coin
