"""One of several processes that trade the same accounts at once, through the services: orders, prices and cancels.

Run as `python -m config.tests.proof.traders orders seed`; prints what became of them as JSON: {status or code: count}.
"""

import json
import random
import sys
import uuid
from collections import Counter
from decimal import Decimal

import django

django.setup()

from django.utils import timezone  # noqa: E402 - the models are there only now

from accounts.models import TradingAccount  # noqa: E402
from core.errors import AppError  # noqa: E402
from market.models import Instrument  # noqa: E402
from market.quotes import Quote, latest_quotes  # noqa: E402
from market.ranges import PriceRange  # noqa: E402
from trading.models import WORKING, Order, OrderSide, OrderType  # noqa: E402
from trading.services.cancel import cancel_orders  # noqa: E402
from trading.services.matching import match  # noqa: E402
from trading.services.orders import OrderRequest, place_order  # noqa: E402

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
SHARE = Decimal("0.002")
EVERY = 10


def main(many: int, seed: int) -> Counter[str]:
    """Place so many orders on accounts by chance; every tenth time let prices move and an order be cancelled."""
    luck, told = random.Random(seed), Counter[str]()
    accounts = list(TradingAccount.objects.order_by("name"))
    instruments = list(Instrument.objects.filter(symbol__in=SYMBOLS).order_by("symbol"))
    for number in range(many):
        quotes = latest_quotes(instruments, now=timezone.now())
        told[_placed(luck.choice(accounts), luck.choice(instruments), quotes, luck)] += 1
        if number % EVERY == 0:
            match(_moved(instruments, quotes, luck), clock=timezone.now)
            working = Order.objects.filter(status__in=WORKING).order_by("created_at").values_list("pk", flat=True)
            cancel_orders(list(working[:1]), reason="", clock=timezone.now)
    return told


def _placed(
    account: TradingAccount, instrument: Instrument, quotes: dict[uuid.UUID, Quote], luck: random.Random
) -> str:
    side = luck.choice(list(OrderSide))
    kind = luck.choice([OrderType.MARKET, OrderType.MARKET, OrderType.LIMIT])
    price = _on_tick(quotes[instrument.id].mid * (1 - side.direction * SHARE), instrument)
    request = OrderRequest(
        instrument=instrument,
        side=side,
        quantity=instrument.lot_size * luck.randint(1, 20) + instrument.min_quantity,
        order_type=kind,
        price=price if kind == OrderType.LIMIT else None,
        leverage=10,
    )
    try:
        return str(place_order(account, request=request, clock=timezone.now).status)
    except AppError as refusal:
        return refusal.code


def _moved(instruments: list[Instrument], quotes: dict[uuid.UUID, Quote], luck: random.Random) -> list[PriceRange]:
    moved = []
    for instrument in instruments:
        price = _on_tick(quotes[instrument.id].mid * (1 + SHARE * luck.choice([-2, 2])), instrument)
        moved.append(PriceRange.of(instrument, [Quote(instrument.id, price, price, price, timezone.now())]))
    return moved


def _on_tick(price: Decimal, instrument: Instrument) -> Decimal:
    return price // instrument.tick_size * instrument.tick_size


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
