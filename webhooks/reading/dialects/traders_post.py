"""TradersPost: `sentiment` is the position after the order; take-profit and stop-loss are objects.

Without its sentiment a sell that ends a long reads as one that opens a short.
"""

from collections.abc import Mapping
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.dialects.dialect import Dialect, Fields, foreign, joined, text_of, without
from webhooks.reading.fields import shown

_TITLE = "a message to TradersPost"
_MARKS = ("sentiment", "quantityType", "signalPrice", "optionType")
_POSITIONS: Mapping[str, str] = {
    "bullish": "long",
    "long": "long",
    "bearish": "short",
    "short": "short",
    "flat": "flat",
}
_SIZES: Mapping[str, str] = {"percent_of_equity": "equity_percent", "risk_percent": "risk_percent"}
_WHOLE = frozenset({"100", "100.0", "100%"})


def _claims(body: Mapping[str, Any]) -> bool:
    has_exits = isinstance(body.get("takeProfit"), dict) or isinstance(body.get("stopLoss"), dict)
    return "ticker" in body and "action" in body and (has_exits or any(text_of(body, name) for name in _MARKS))


def _translate(body: Fields) -> Fields:
    if text_of(body, "optionType"):
        raise foreign(_TITLE, "it asks for an option, and what is traded here is the market itself")
    rest = without(body, "sentiment", "quantity", "quantityType", "takeProfit", "stopLoss")
    said = (
        _position(body) | _size(body) | _exit(body, "takeProfit", "limitPrice") | _exit(body, "stopLoss", "stopPrice")
    )
    return joined(rest, said)


def _position(body: Mapping[str, Any]) -> Fields:
    sentiment = text_of(body, "sentiment")
    if not sentiment:
        return {}
    position = _POSITIONS.get(sentiment.lower())
    if position is None:
        said = f"sentiment says {shown(sentiment)}, which is neither bullish, bearish nor flat."
        raise Unreadable(Reason.UNKNOWN_SIDE, said)
    return {"market_position": position}


def _size(body: Mapping[str, Any]) -> Fields:
    """A quantity counts units unless its type says otherwise; on an exit only the whole position can be meant."""
    quantity, counts = text_of(body, "quantity"), text_of(body, "quantityType").lower() or "fixed_quantity"
    if not quantity:
        return {}
    if text_of(body, "action").lower() == "exit" or counts == "percent_of_position":
        is_whole = counts == "percent_of_position" and quantity in _WHOLE
        if not is_whole and text_of(body, "sentiment").lower() != "flat":
            said = "quantity may be a part of the position, of which an alert closes all or nothing here: leave it out."
            raise Unreadable(Reason.INVALID_SIZE, said)
        return {}
    if counts == "fixed_quantity":
        return {"quantity": quantity}
    if counts == "dollar_amount":
        return {"size": f"${quantity}"}
    if counts in _SIZES:
        return {_SIZES[counts]: quantity}
    raise foreign(_TITLE, f"its quantityType {shown(counts)} is not read here; write size as 0.5, 100 USDT or 10%")


def _exit(body: Mapping[str, Any], name: str, price: str) -> Fields:
    """Read the two forms of an exit that mean the same here: a price, and percents from the entry."""
    exit_ = body.get(name)
    if not isinstance(exit_, dict):
        return {name: exit_} if name in body else {}
    kind = text_of(exit_, "type").lower()
    given = {key: text_of(exit_, key) for key in exit_ if key != "type"}
    if name == "stopLoss" and kind not in {"", "stop"}:
        raise Unreadable(Reason.INVALID_PRICE, f"stopLoss is of type {shown(kind)}: here a stop-loss is a plain stop.")
    if given.keys() == {price} and given[price]:
        return {name: given[price]}
    if given.keys() == {"percent"} and given["percent"]:
        return {f"{name}Percent": given["percent"]}
    raise Unreadable(Reason.INVALID_PRICE, f"{name} holds something else than one of {price} and percent.")


MESSAGE = Dialect("traderspost", claims=_claims, translate=_translate)
