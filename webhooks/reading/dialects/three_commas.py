"""3Commas: the message of its signal bots, and that by which a DCA bot closes.

Their bots decide much by themselves: the message that starts a DCA deal does not say whether it buys or sells.
"""

from collections.abc import Mapping
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.dialects.dialect import Dialect, Fields, foreign, joined, quote_currency, text_of, without

_SIGNAL_BOT = "a message to a 3Commas signal bot"
_DCA_BOT = "a message to a 3Commas DCA bot"
_CLOSES = ("exit", "close")
_WHOLE = frozenset({"100", "100.0", "100%"})


def _claims_signal(body: Mapping[str, Any]) -> bool:
    return "tv_instrument" in body


def _claims_dca(body: Mapping[str, Any]) -> bool:
    return "email_token" in body


def _signal(body: Fields) -> Fields:
    """`timestamp`, `max_lag`, `action` and `strategy_info` mean here what they mean there."""
    symbol = ":".join(filter(None, (text_of(body, "tv_exchange"), text_of(body, "tv_instrument"))))
    fields = joined(without(body, "tv_exchange", "tv_instrument", "order"), {"symbol": symbol})
    order = body.get("order")
    if order is None or order == "":
        return fields
    if not isinstance(order, dict):
        raise foreign(_SIGNAL_BOT, "its order is no object of amount and currency_type")
    size = _size_of_exit(body, order) if _closes(body) else _size_of_entry(order, symbol)
    return fields | {"order": joined(without(order, "amount", "currency_type"), size)}


def _size_of_entry(order: Mapping[str, Any], symbol: str) -> Fields:
    amount, unit = text_of(order, "amount"), text_of(order, "currency_type").lower()
    if not amount:
        return {}
    if unit == "base":
        return {"contracts": amount}
    if unit != "quote":
        raise foreign(
            _SIGNAL_BOT, "currency_type is read where it is base or quote, not as a share of that bot's money"
        )
    currency = quote_currency(symbol)
    if not currency:
        raise foreign(_SIGNAL_BOT, "its symbol does not say clearly which currency an amount in quote is in")
    return {"size": f"{amount} {currency}"}


def _size_of_exit(body: Mapping[str, Any], order: Mapping[str, Any]) -> Fields:
    """Where the strategy ends flat, or all of the position is named, the whole position is meant."""
    amount, unit = text_of(order, "amount"), text_of(order, "currency_type").lower()
    is_whole = unit == "position_percent" and amount in _WHOLE
    if amount and not is_whole and not _ends_flat(body):
        raise Unreadable(
            Reason.INVALID_SIZE,
            "order.amount may close a part of the position, which an alert cannot do here: leave the order out.",
        )
    return {}


def _closes(body: Mapping[str, Any]) -> bool:
    return text_of(body, "action").lower().startswith(_CLOSES) or _ends_flat(body)


def _ends_flat(body: Mapping[str, Any]) -> bool:
    info = body.get("strategy_info")
    return isinstance(info, dict) and text_of(info, "market_position").lower() == "flat"


def _dca(body: Fields) -> Fields:
    """A pair is written quote first there: USDT_BTC is BTC against USDT."""
    if text_of(body, "action").lower() != "close_at_market_price":
        raise foreign(_DCA_BOT, "of those only close_at_market_price says what to do; send JSON with side and symbol")
    if text_of(body, "delay_seconds") not in {"", "0"}:
        raise foreign(_DCA_BOT, "an alert is not delayed here, so delay_seconds has to be 0")
    quote, _, base = text_of(body, "pair").partition("_")
    if not (quote.isalnum() and base.isalnum()):
        raise foreign(_DCA_BOT, "its pair is not written like USDT_BTC")
    return body | {"action": "close", "pair": f"{base}_{quote}"}


SIGNAL_BOT = Dialect("3commas_signal_bot", claims=_claims_signal, translate=_signal)
DCA_BOT = Dialect("3commas_dca_bot", claims=_claims_dca, translate=_dca)
