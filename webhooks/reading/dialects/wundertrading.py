"""WunderTrading: a code such as ENTER-LONG_BINANCE_BTCUSDT_Name_4M_id, alone or as `code` in JSON."""

import re
from collections.abc import Mapping
from typing import Any

from trading.sizes import CURRENCIES
from webhooks.reading.dialects.dialect import Dialect, Fields, foreign, joined, quote_currency, text_of, without

_TITLE = "a WunderTrading code"
_CODE = re.compile(r"(?:ENTER|EXIT|CLOSE)-(?:LONG|SHORT|ALL)_\S", re.ASCII | re.IGNORECASE)
_PAIR = re.compile(rf"[A-Z0-9]{{1,12}}?-?(?:{'|'.join(sorted(CURRENCIES, key=len, reverse=True))})", re.ASCII)
_ACTIONS: Mapping[str, str] = {
    "ENTER-LONG": "enterlong",
    "ENTER-SHORT": "entershort",
    "EXIT-LONG": "exitlong",
    "EXIT-SHORT": "exitshort",
    "EXIT-ALL": "exitall",
}
# Action, exchange, pair, and then the bot's name, timeframe and id: names may hold anything.
_FEWEST_PARTS = 5
_SIZED = ("amountPerTrade", "amountPerTradeType")
_EXITS = ("takeProfits", "stopLoss", "trailingStop", "dca")


def _claims(body: Mapping[str, Any]) -> bool:
    return _CODE.match(text_of(body, "code")) is not None


def _claims_text(text: str) -> bool:
    return _CODE.match(text) is not None


def _read_text(text: str) -> Fields:
    if "\n" in text.strip():
        raise foreign(_TITLE, "it is the only line of an alert")
    return _said(text.strip())


def _translate(body: Fields) -> Fields:
    said = _said(text_of(body, "code"))
    for name in _EXITS:
        if isinstance(body.get(name), dict | list) and body[name]:
            raise foreign(_TITLE, f"{name} does not say whether it counts percents: send takeprofit or stop_loss as 2%")
    return joined(without(body, "code", *_SIZED), said | _size(body, said["symbol"]))


def _said(code: str) -> Fields:
    parts = code.split("_")
    action = _ACTIONS.get(parts[0].upper())
    if action is None or len(parts) < _FEWEST_PARTS:
        raise foreign(_TITLE, "it is not of the form ENTER-LONG_BINANCE_BTCUSDT_Name_4M_id")
    pair = parts[2].upper()
    if not _PAIR.fullmatch(pair) or pair in CURRENCIES:
        raise foreign(_TITLE, "it names no single pair, such as BTCUSDT, behind its exchange")
    return {"side": action, "symbol": parts[2]}


def _size(body: Mapping[str, Any], symbol: str) -> Fields:
    amount, unit = text_of(body, "amountPerTrade"), text_of(body, "amountPerTradeType").lower()
    if not amount:
        return {}
    if unit == "base":
        return {"quantity": amount}
    if unit == "$":
        return {"size": f"${amount}"}
    currency = quote_currency(symbol)
    if unit == "quote" and currency:
        return {"size": f"{amount} {currency}"}
    raise foreign(_TITLE, "amountPerTradeType is read where it is base, quote or $; write size as 10% for percents")


CODE = Dialect("wundertrading", claims=_claims, translate=_translate, claims_text=_claims_text, read_text=_read_text)
