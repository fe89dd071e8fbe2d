"""The instruments that are there from the start, and how they come back after a migration or a flush."""

from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.conf import settings
from django.db import models

from market.kinds import Kind

_IDENTITY = ("venue", "kind", "symbol")
_PAPER = {"venue": "paper", "quote": "USD", "settle": "USD", "allows_short": True, "maintenance_margin_rate": "0.005"}
_PERPETUAL = {
    "venue": "bybit",
    "kind": Kind.LINEAR,
    "quote": "USDT",
    "settle": "USDT",
    "allows_short": True,
    "funding_rate": "0.0001",
}

INSTRUMENTS: tuple[dict[str, Any], ...] = (
    _PAPER
    | {
        "symbol": "BTC-USD",
        "name": "Bitcoin / US Dollar",
        "kind": Kind.SPOT,
        "base": "BTC",
        "tick_size": "0.01",
        "lot_size": "0.00001",
        "min_quantity": "0.00001",
        "min_notional": "1",
        "max_leverage": 100,
        "spread": "0.0002",
        "slippage": "0.0001",
        "size_unit": "1",
        "reference_price": "100000",
    },
    _PAPER
    | {
        "symbol": "ETH-USD",
        "name": "Ethereum / US Dollar",
        "kind": Kind.SPOT,
        "base": "ETH",
        "tick_size": "0.01",
        "lot_size": "0.0001",
        "min_quantity": "0.0001",
        "min_notional": "1",
        "max_leverage": 100,
        "spread": "0.0002",
        "slippage": "0.0001",
        "size_unit": "10",
        "reference_price": "3500",
    },
    _PAPER
    | {
        "symbol": "BTC-FUT",
        "name": "Bitcoin Futures",
        "kind": Kind.FUTURE,
        "base": "BTC",
        "tick_size": "0.5",
        "lot_size": "0.001",
        "min_quantity": "0.001",
        "min_notional": "5",
        "max_leverage": 100,
        "spread": "0.0003",
        "slippage": "0.0001",
        "size_unit": "1",
        "reference_price": "100400",
    },
    _PAPER
    | {
        "symbol": "SPX-FUT",
        "name": "S&P 500 Futures",
        "kind": Kind.FUTURE,
        "base": "SPX",
        "tick_size": "0.25",
        "lot_size": "0.01",
        "min_quantity": "0.01",
        "min_notional": "5",
        "max_leverage": 50,
        "spread": "0.0001",
        "slippage": "0.00005",
        "size_unit": "10",
        "reference_price": "6000",
    },
    _PAPER
    | {
        "symbol": "EURUSD",
        "name": "Euro / US Dollar",
        "kind": Kind.FOREX,
        "base": "EUR",
        "tick_size": "0.00001",
        "lot_size": "1",
        "min_quantity": "1",
        "min_notional": "1",
        "max_leverage": 100,
        "spread": "0.0001",
        "slippage": "0.00002",
        "size_unit": "100000",
        "reference_price": "1.1",
    },
    _PERPETUAL
    | {
        "symbol": "BTCUSDT",
        "name": "Bitcoin / Tether perpetual",
        "base": "BTC",
        "tick_size": "0.1",
        "lot_size": "0.001",
        "min_quantity": "0.001",
        "min_notional": "5",
        "max_leverage": 100,
        "maintenance_margin_rate": "0.005",
        "spread": "0.0001",
        "slippage": "0.0001",
        "size_unit": "1",
        "reference_price": "100000",
    },
    _PERPETUAL
    | {
        "symbol": "ETHUSDT",
        "name": "Ethereum / Tether perpetual",
        "base": "ETH",
        "tick_size": "0.01",
        "lot_size": "0.01",
        "min_quantity": "0.01",
        "min_notional": "5",
        "max_leverage": 100,
        "maintenance_margin_rate": "0.005",
        "spread": "0.0001",
        "slippage": "0.0001",
        "size_unit": "10",
        "reference_price": "3500",
    },
    _PERPETUAL
    | {
        "symbol": "SOLUSDT",
        "name": "Solana / Tether perpetual",
        "base": "SOL",
        "tick_size": "0.01",
        "lot_size": "0.1",
        "min_quantity": "0.1",
        "min_notional": "5",
        "max_leverage": 50,
        "maintenance_margin_rate": "0.01",
        "spread": "0.0002",
        "slippage": "0.0002",
        "size_unit": "100",
        "reference_price": "180",
    },
    _PERPETUAL
    | {
        "symbol": "DOGEUSDT",
        "name": "Dogecoin / Tether perpetual",
        "base": "DOGE",
        "tick_size": "0.00001",
        "lot_size": "1",
        "min_quantity": "1",
        "min_notional": "5",
        "max_leverage": 50,
        "maintenance_margin_rate": "0.01",
        "spread": "0.0002",
        "slippage": "0.0002",
        "size_unit": "1000",
        "reference_price": "0.2",
    },
)


def install(model: type[models.Model], *, using: str) -> None:
    """Create the instruments of this catalogue that are absent, in at most two statements; rows there are kept.

    The markets of exchanges take their prices from PRICE_SOURCE; from then on the row's `source` decides.
    """
    rows = model._default_manager.using(using)
    present = set(rows.values_list(*_IDENTITY))
    absent = [
        model(**values, **_source(values))
        for values in INSTRUMENTS
        if tuple(values[name] for name in _IDENTITY) not in present
    ]
    if absent:
        # Another process may be migrating at the same time; whose rows come first does not matter.
        rows.bulk_create(absent, ignore_conflicts=True)


def install_after_migrate(*, using: str, apps: Apps = installed_apps, **_: object) -> None:
    """Receiver of `post_migrate`; does nothing while the table is not there (migrated to zero)."""
    try:
        model = apps.get_model("market", "Instrument")
    except LookupError:
        return
    install(model, using=using)


def _source(values: dict[str, Any]) -> dict[str, str]:
    return {} if values["venue"] == _PAPER["venue"] else {"source": settings.PRICE_SOURCE}
