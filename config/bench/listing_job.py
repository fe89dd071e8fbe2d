"""A list of 100 coins, kept and made anew, in turns with an empty view; also the addresses at which all three are."""

import gc
import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.test import override_settings
from django.urls import include, path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts.services.sessions import Device, open_session
from config import garbage
from config.bench.desks import make_owner
from core.api.permissions import EVERY_ROLE
from market.listings.answers import drop_answers
from market.models import Coin

COINS = 200
ROUNDS = 200
WARM = 20
LIST = "/api/v1/cryptocurrencies?limit=100"
EMPTY = "/api/v1/empty"


class EmptyView(APIView):
    """Asks who one is, and answers {}."""

    permissions_needed = {"read": EVERY_ROLE}

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("api/v1/empty", EmptyView.as_view()), path("api/v1/", include("config.api_router"))]


@override_settings(ROOT_URLCONF=__name__)
def measure() -> dict[str, float]:
    """Return medians in milliseconds, and the size of the list."""
    garbage.settle()
    _make_coins()
    tokens = open_session(make_owner(), device=Device(), now=timezone.now())
    api = APIClient(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {tokens.access}"})
    taken: dict[str, list[float]] = {"empty": [], "made": [], "kept": []}
    for _ in range(ROUNDS):
        taken["empty"].append(_milliseconds(lambda: _get(api, EMPTY)))
        drop_answers()
        taken["made"].append(_milliseconds(lambda: _get(api, LIST)))
        taken["kept"].append(_milliseconds(lambda: _get(api, LIST)))
    return {
        **{name: statistics.median(times[WARM:]) for name, times in taken.items()},
        "kilobytes": len(_get(api, LIST).content) / 1000,
    }


def _make_coins() -> None:
    now = timezone.now()
    figures = dict.fromkeys(("price", "market_cap", "volume_24h", "ath", "atl", "change_24h_percent"), 66317.25)
    Coin.objects.bulk_create(
        Coin(
            symbol=f"C{rank}",
            name=f"Coin {rank}",
            slug=f"coin-{rank}",
            coingecko_id=f"coin-{uuid.uuid4().hex}",
            provider="coingecko",
            rank=rank,
            description="What it is for. " * 60,
            website="https://coin.example",
            image_url=f"https://images.example/coins/{rank}/large/coin.png",
            synced_at=now,
            **figures,
        )
        for rank in range(1, COINS + 1)
    )


def _get(api: APIClient, address: str) -> Any:
    """GET an address. Raises unless that is answered with 200."""
    answer = api.get(address)
    if answer.status_code != 200:
        raise RuntimeError(answer.content.decode())
    return answer


def _milliseconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
