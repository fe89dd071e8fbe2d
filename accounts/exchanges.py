"""On which exchanges accounts are traded: those that have a broker. The app with the brokers names them at start."""

from collections.abc import Iterable

from core.errors import Invalid

_traded: list[str] = []


def trade_on(exchanges: Iterable[str]) -> None:
    """Let accounts be opened, and bots be made, on these exchanges."""
    _traded.extend(exchanges)


def check_exchange(exchange: str) -> None:
    """Raise Invalid, naming those that there are, for an exchange that the desk has no broker for."""
    if exchange not in _traded:
        raise Invalid(f"The desk does not trade on {exchange!r}; it knows: {', '.join(_traded)}.", field="exchange")
