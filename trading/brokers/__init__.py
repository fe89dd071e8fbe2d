"""The catalogue of brokers: which one trades for an account's venue."""

from accounts.models.trading_accounts import PAPER
from trading.brokers.base import Broker
from trading.brokers.paper import PaperBroker

_BROKERS: dict[str, Broker] = {PAPER: PaperBroker()}


def exchanges() -> list[str]:
    """Return the venues that have a broker."""
    return list(_BROKERS)


def broker_for(exchange: str) -> Broker:
    """Return the broker of a venue. Raises KeyError: an account cannot be opened on a venue without one."""
    return _BROKERS[exchange]
