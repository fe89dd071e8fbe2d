"""TradingView's placeholders: which there are, in which alerts they are filled in, and with what, for instance."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

PLACEHOLDER = re.compile(r"\{\{([^{}]{0,200})\}\}")
PLOTS = 20

_PLOT = re.compile(r"plot_(?:1?\d)|plot\(\"[^\"]{1,100}\"\)", re.ASCII)


class AlertType(StrEnum):
    """What an alert is set on; it decides which placeholders are filled in."""

    STRATEGY = "strategy"
    INDICATOR = "indicator"
    PRICE = "price"


class Kind(StrEnum):
    """What a placeholder becomes: a number (NaN where there is none), a known word, or whatever somebody wrote."""

    NUMBER = "number"
    WORD = "word"
    FREE_TEXT = "free text"


_NUMBERS = frozenset({"open", "high", "low", "close", "volume"})
_WORDS = frozenset({"ticker", "exchange", "interval", "time", "timenow", "syminfo.currency", "syminfo.basecurrency"})
_OF_STRATEGIES: Mapping[str, Kind] = {
    **dict.fromkeys(("strategy.order.contracts", "strategy.order.price", "strategy.position_size"), Kind.NUMBER),
    **dict.fromkeys(("strategy.market_position_size", "strategy.prev_market_position_size"), Kind.NUMBER),
    **dict.fromkeys(("strategy.order.action", "strategy.market_position", "strategy.prev_market_position"), Kind.WORD),
    **dict.fromkeys(("strategy.order.id", "strategy.order.comment", "strategy.order.alert_message"), Kind.FREE_TEXT),
}
NAMES = (*sorted(_NUMBERS | _WORDS), *_OF_STRATEGIES, *(f"plot_{number}" for number in range(PLOTS)))


def kind_of(name: str) -> Kind | None:
    """Return what a placeholder of this name, without its braces, becomes; None where there is no such one."""
    if name in _NUMBERS or _PLOT.fullmatch(name):
        return Kind.NUMBER
    return Kind.WORD if name in _WORDS else _OF_STRATEGIES.get(name)


def is_of_strategies(name: str) -> bool:
    """Whether only alerts of strategies fill it in."""
    return name.startswith("strategy.")


def is_filled(name: str, alert_type: AlertType | None) -> bool:
    """Whether an alert of this type fills a placeholder in; None where the type is not known."""
    if kind_of(name) is None:
        return False
    if is_of_strategies(name):
        return alert_type in {None, AlertType.STRATEGY}
    return not (alert_type is AlertType.PRICE and _PLOT.fullmatch(name))


@dataclass(frozen=True, slots=True)
class Firing:
    """One moment at which an alert fires, and the order that was filled: what the placeholders become.

    Sizes are in units of the strategy, below zero for a short; the price is in quote currency.
    """

    at: datetime
    ticker: str = "BTCUSDT"
    exchange: str = "BINANCE"
    price: Decimal = Decimal("50000")
    action: str = "buy"
    contracts: Decimal = Decimal("0.5")
    position_size: Decimal = Decimal("0.5")
    prev_position_size: Decimal = Decimal(0)
    interval: str = "15"
    order_id: str = "Long"

    def value_of(self, name: str) -> str:
        """Return what stands in the message in the place of a known placeholder."""
        moment = self.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        known = {
            "ticker": self.ticker,
            "exchange": self.exchange,
            "interval": self.interval,
            "volume": "1234.5",
            "time": self.at.strftime("%Y-%m-%dT%H:%M:00Z"),
            "timenow": moment,
            "syminfo.currency": "USDT",
            "syminfo.basecurrency": "BTC",
            "strategy.order.action": self.action,
            "strategy.order.contracts": _plain(self.contracts),
            "strategy.order.price": _plain(self.price),
            **dict.fromkeys(("strategy.order.id", "strategy.order.comment"), self.order_id),
            "strategy.order.alert_message": "",
            "strategy.position_size": _plain(self.position_size),
            "strategy.market_position": _side_of(self.position_size),
            "strategy.market_position_size": _plain(abs(self.position_size)),
            "strategy.prev_market_position": _side_of(self.prev_position_size),
            "strategy.prev_market_position_size": _plain(abs(self.prev_position_size)),
        }
        return known.get(name, _plain(self.price))


def filled(text: str, firing: Firing, *, alert_type: AlertType | None) -> str:
    """Return the message as an alert of this type sends it; what it does not fill in stays as it is."""

    def value(found: re.Match[str]) -> str:
        return firing.value_of(found[1]) if is_filled(found[1], alert_type) else found[0]

    return PLACEHOLDER.sub(value, text)


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _side_of(position_size: Decimal) -> str:
    if not position_size:
        return "flat"
    return "long" if position_size > 0 else "short"
