"""Autoview: one command of short fields, e=bybit s=BTCUSDT b=long q=0.1 l=5 t=market tp=2% sl=1%.

There a command without t=market is a limit order, and q counts contracts, or percents of what is free: a command is
read where neither can make a difference, and only if every field of it is known.
"""

import re
from collections.abc import Mapping

from webhooks.reading.dialects.dialect import Dialect, Fields, foreign, quote_currency
from webhooks.reading.text_fields import fields_of

_TITLE = "an Autoview command"
_MARKS = re.compile(r"(?<![\w.-])([abcest])=", re.ASCII)
_SEVERAL = re.compile(r"[|&\r\n]")
_KNOWN = frozenset({"a", "b", "c", "e", "l", "q", "ro", "s", "sl", "t", "tp"})
_SIDES = frozenset({"buy", "sell", "long", "short"})
# On these a contract that is quoted in a stable coin counts units of its base.
_VENUES_OF_UNITS = ("BINANCE", "BYBIT")
_STABLE = frozenset({"USDT", "USDC"})
_WHOLE = frozenset({"", "100%"})


def _claims_text(text: str) -> bool:
    return len({field[1] for field in _MARKS.finditer(text)}) > 1


def _read_text(text: str) -> Fields:
    if _SEVERAL.search(text):
        raise foreign(_TITLE, "it is more than one order: send one alert for each")
    said = {name.lower(): value for name, value in fields_of(text).items()}
    unknown = sorted(said.keys() - _KNOWN)
    if unknown:
        raise foreign(_TITLE, f"{unknown[0]}= may change what the order is, and is not read here")
    fields = {"symbol": said.get("s", ""), "exchange": said.get("e", ""), "account": said.get("a", "")}
    return fields | (_close(said) if "c" in said else _order(said))


def _close(said: Mapping[str, str]) -> Fields:
    side = said.get("b", "all").lower()
    if said["c"].lower() != "position" or side not in _SIDES | {"all"}:
        raise foreign(_TITLE, "of c= only c=position is read here, of all, long or short")
    if said.get("q", "") not in _WHOLE or said.get("t", "market").lower() != "market":
        raise foreign(_TITLE, "a close takes the whole position at the market: leave q= out and write t=market")
    if said.keys() & {"tp", "sl", "l"}:
        raise foreign(_TITLE, "tp=, sl= and l= mean nothing on a close")
    leg = {"buy": "long", "sell": "short"}.get(side, side)
    return {"side": "close" if leg == "all" else f"close {leg}"}


def _order(said: Mapping[str, str]) -> Fields:
    side = said.get("b", "").lower()
    if side not in _SIDES:
        raise foreign(_TITLE, "b= does not say buy, sell, long or short")
    if said.get("t", "").lower() != "market":
        raise foreign(_TITLE, "without t=market it is a limit order, which alerts do not place here")
    if "ro" in said:
        raise foreign(_TITLE, "ro= is read with c=position only")
    for name in ("tp", "sl"):
        if "%" not in said.get(name, "%"):
            raise foreign(_TITLE, f"{name}= may be a price or an offset: write it in percents, such as {name}=2%")
    fields = {"side": side, "leverage": said.get("l", ""), "takeprofit": said.get("tp", "")}
    return fields | {"stop_loss": said.get("sl", ""), "quantity": _quantity(said)}


def _quantity(said: Mapping[str, str]) -> str:
    quantity = said.get("q", "")
    if "%" in quantity:
        raise foreign(_TITLE, "q= in percents is of what is free there, of equity here: leave it out, or write size=")
    counts_units = said.get("e", "").upper().startswith(_VENUES_OF_UNITS)
    if quantity and not (counts_units and quote_currency(said.get("s", "")) in _STABLE):
        raise foreign(_TITLE, "q= may count contracts, units or money there: leave it out, the bot has a size")
    return quantity


COMMAND = Dialect("autoview", claims_text=_claims_text, read_text=_read_text)
