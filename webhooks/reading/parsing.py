"""Reads an alert: from its bytes to what it asks for, or to the reason why that would be guessing."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from core.exact import QUANTITY_SCALE, NotExact, exact, to_scaled
from trading.sizes import Distance, parse_distance, parse_price
from webhooks.reading.alert_sizes import read_size
from webhooks.reading.alerts import Alert, OrderType, Reason, Side, Unreadable
from webhooks.reading.dialects.catalogue import dialect_of_object
from webhooks.reading.fields import Entry, Found, agreed, gather, read_flag, shown
from webhooks.reading.intents import read_intent
from webhooks.reading.json_alert import bare_name, read_object, read_text
from webhooks.reading.synonyms import INFORMATION, SIZES, Field
from webhooks.reading.texts import form_of, is_plain_text, read_plain_text
from webhooks.reading.times import parse_time
from webhooks.secrets import LONGEST_NAME

__all__ = ["Unreadable", "name_dialect", "read_alert", "refuse_mended"]

LONGEST_SYMBOL = 64
LARGEST_LEVERAGE = 1000

_LEVERAGE = re.compile(r"x?(\d{1,4})(?:[.,]0{1,8})?|(\d{1,4})(?:[.,]0{1,8})?x", re.ASCII)
_SECONDS = re.compile(r"(\d{1,9})(?:\.0{1,8})?", re.ASCII)
_SYMBOL_SEPARATORS = re.compile(r"[-_/ ]")
_ORDER_TYPES: Mapping[str, OrderType] = {"market": "market", "mkt": "market", "limit": "limit", "lmt": "limit"}
_OTHER_ORDER_TYPES = frozenset(
    {"stop", "stopmarket", "stoplimit", "stoploss", "stoplosslimit", "takeprofit", "takeprofitmarket"}
    | {"takeprofitlimit", "trailing", "trailingstop", "trailingstopmarket", "oco"}
)


def read_alert(raw: bytes) -> Alert:
    """Return what the bytes of an alert ask for. Raises Unreadable with a code and one sentence, and nothing else.

    The top of the alert wins over objects nested in it, but the side and the symbol must be the same everywhere.
    """
    found = gather(_fields(raw))
    order_type = _order_type(found)
    intent = read_intent(found)
    alert_ids = found.all(Field.ALERT_ID)
    return Alert(
        side=intent.side,
        symbol=_symbol(found),
        bot_name=agreed(found.nearest(Field.BOT_NAME), _name),
        bot_id=agreed(found.nearest(Field.BOT_ID), _name),
        alert_id=_name(alert_ids[0]) if alert_ids else None,
        closes_only=intent.closes_only,
        size=read_size(found, intent),
        leverage=agreed(found.nearest(Field.LEVERAGE), lambda entry: entry.number(_leverage)),
        order_type=order_type,
        price=_price(found, order_type),
        take_profit=agreed(found.nearest(Field.TAKE_PROFIT, Field.TAKE_PROFIT_PERCENT), _distance),
        stop_loss=agreed(found.nearest(Field.STOP_LOSS, Field.STOP_LOSS_PERCENT), _distance),
        fired_at=next((entry.number(parse_time) for entry in found.all(Field.FIRED_AT)), None),
        max_lag_seconds=agreed(found.nearest(Field.MAX_LAG), lambda entry: entry.number(_whole_seconds)),
        market_position=intent.now,
        prev_market_position=intent.before,
        market_position_size=_size_said(found, Field.MARKET_POSITION_SIZE),
        prev_market_position_size=_size_said(found, Field.PREV_MARKET_POSITION_SIZE),
        do_trade=agreed(found.all(Field.DO_TRADE), read_flag) is not False,
        extra=found.extra | _unused(found, intent.side),
    )


def name_dialect(raw: bytes) -> str:
    """Return the name of the dialect or the form that an alert is written in. Raises Unreadable where it has none."""
    text = read_text(raw)
    if is_plain_text(text):
        return form_of(text)
    dialect = dialect_of_object(read_object(text))
    return dialect.name if dialect else "json"


def refuse_mended(text: str) -> None:
    """Refuse JSON that became valid only when its secret was struck out. Raises Unreadable."""
    if is_plain_text(text):
        return
    try:
        read_object(text)
    except Unreadable as broken:
        said = "The alert is not valid JSON where its secret stands: put the secret in straight quotes."
        raise Unreadable(Reason.NOT_JSON, said) from broken


def _fields(raw: bytes) -> dict[str, Any]:
    text = read_text(raw)
    if is_plain_text(text):
        return read_plain_text(text)
    body = read_object(text)
    dialect = dialect_of_object(body)
    return dialect.translate(body) if dialect else body


def _unused(found: Found, side: Side) -> dict[str, str]:
    entries = found.all(*INFORMATION, *(SIZES if side is Side.CLOSE else ()))
    for preferred_first in (Field.ALERT_ID, Field.FIRED_AT, Field.PRICE):
        entries += found.all(preferred_first)[1:]
    return {entry.label: entry.text for entry in entries}


def _size_said(found: Found, meaning: Field) -> Decimal | None:
    """Return the size of a position that an alert tells, in base units; None where it tells none, or no number."""
    for entry in found.all(meaning):
        try:
            size = abs(exact(entry.text.strip()))
            to_scaled(size, QUANTITY_SCALE)
        except NotExact:
            return None
        return size
    return None


def _name(entry: Entry) -> str:
    if len(entry.text) > LONGEST_NAME:
        raise entry.refused(f"is longer than {LONGEST_NAME} characters")
    return entry.text


def _symbol(found: Found) -> str:
    """Return the symbol as written; written twice, only exchange prefix, separators and case may differ."""
    entries = found.all(Field.SYMBOL)
    if not entries:
        raise Unreadable(Reason.NO_SYMBOL, "The alert names no symbol: add symbol, such as BTCUSDT.")
    for entry in entries:
        if len(entry.text) > LONGEST_SYMBOL or entry.text.lower() == "nan":
            raise entry.refused(f"says {shown(entry.text)}, which is no symbol")
    agreed(entries, _market)
    agreed([entry for entry in entries if _exchange(entry)], _exchange)
    return entries[0].text


def _exchange(entry: Entry) -> str:
    exchange, _, _ = entry.text.upper().rpartition(":")
    # In BTC/USDT:USDT the colon stands before the settlement currency.
    return "" if "/" in exchange else exchange


def _market(entry: Entry) -> str:
    exchange = _exchange(entry)
    return _SYMBOL_SEPARATORS.sub("", entry.text.upper().removeprefix(f"{exchange}:" if exchange else ""))


def _order_type(found: Found) -> OrderType:
    entries = found.all(Field.ORDER_TYPE)
    for entry in found.all(Field.HINT):
        if bare_name(entry.text) in {*_ORDER_TYPES, *_OTHER_ORDER_TYPES}:
            entries.append(entry)
    return agreed(entries, _type_of_order) or "market"


def _type_of_order(entry: Entry) -> OrderType:
    order_type = _ORDER_TYPES.get(bare_name(entry.text))
    if order_type is None:
        raise Unreadable(
            Reason.INVALID_ORDER_TYPE, f"{entry.label} says {shown(entry.text)}, which is neither market nor limit."
        )
    return order_type


def _leverage(text: str) -> int:
    match = _LEVERAGE.fullmatch(text.replace(" ", "").lower())
    leverage = int(match[1] or match[2]) if match else 0
    if not 1 <= leverage <= LARGEST_LEVERAGE:
        raise Invalid(f"{shown(text)} is not a whole number from 1 to {LARGEST_LEVERAGE}.")
    return leverage


def _whole_seconds(text: str) -> int:
    match = _SECONDS.fullmatch(text)
    if not match or not int(match[1]):
        raise Invalid(f"{shown(text)} is not a whole number of seconds above zero.")
    return int(match[1])


def _price(found: Found, order_type: OrderType) -> Decimal | None:
    """Return the price of a limit order, on which all must agree, or what a market order tells of its price."""
    for entry in found.all(Field.STOP_PRICE):
        raise entry.refused("may be a stop-loss or the trigger of a stop order: call it stop_loss")
    if order_type == "limit":
        return agreed(found.nearest(Field.LIMIT_PRICE, Field.PRICE), lambda entry: entry.number(parse_price))
    for entry in found.all(Field.LIMIT_PRICE):
        raise entry.refused("may be a take-profit or a limit order's price: call it take_profit, or add order_type")
    return next((entry.number(parse_price) for entry in found.all(Field.PRICE)), None)


def _distance(entry: Entry) -> Distance:
    if entry.meaning in {Field.TAKE_PROFIT_PERCENT, Field.STOP_LOSS_PERCENT}:
        return entry.number(_percent_distance)
    return entry.number(parse_distance)


def _percent_distance(text: str) -> Distance:
    if "%" in text:
        return parse_distance(text)
    if parse_price(text) < 1:
        raise Invalid(f"{shown(text)} may be a percent or a fraction: write it with a percent sign.")
    return parse_distance(f"{text}%")
