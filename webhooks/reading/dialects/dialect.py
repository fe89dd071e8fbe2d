"""What another platform's dialect is: how it is recognised, and its fields in the names that are read here.

A dialect says nothing twice: it renames, and what it hands on is read by the same rules as any alert. What means
something else there than here, or may, is refused with the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trading.sizes import CURRENCIES
from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.json_alert import once

Fields = dict[str, Any]

_ENDS_OF_SYMBOLS = (".P", "PERP", "-SWAP")


def _claims_no_object(body: Mapping[str, Any]) -> bool:
    return False


def _claims_no_text(text: str) -> bool:
    return False


def _as_it_is(body: Fields) -> Fields:
    return body


def _no_fields(text: str) -> Fields:
    return {}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's way to write an alert: as a JSON object, as a text, or both.

    `translate` and `read_text` return fields in names of `synonyms.py`. They raise Unreadable.
    """

    name: str
    claims: Callable[[Mapping[str, Any]], bool] = _claims_no_object
    translate: Callable[[Fields], Fields] = _as_it_is
    claims_text: Callable[[str], bool] = _claims_no_text
    read_text: Callable[[str], Fields] = _no_fields


def foreign(title: str, why: str) -> Unreadable:
    """Return the refusal of an alert that looks like `title`; `why` goes on after it, without a full stop."""
    return Unreadable(Reason.FOREIGN_FORMAT, f"The alert looks like {title}: {why}.")


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return what a field of a JSON object says; empty where it is absent, or holds no text and no number."""
    value = body.get(name)
    return value.strip() if isinstance(value, str) else ""


def joined(fields: Fields, said: Fields) -> Fields:
    """Return both together. Raises Unreadable, DUPLICATE_FIELD, where they say different things by one name."""
    return once([*fields.items(), *said.items()])


def without(body: Mapping[str, Any], *names: str) -> Fields:
    """Return the fields of `body` but those."""
    return {name: value for name, value in body.items() if name not in names}


def quote_currency(symbol: str) -> str:
    """Return the currency in which a pair such as BTCUSDT or BTC-USDT is quoted; empty where two could be meant.

    XBTUSD ends in TUSD as well as in USD: only a separator tells.
    """
    pair = symbol.upper().rpartition(":")[2]
    for end in _ENDS_OF_SYMBOLS:
        pair = pair.removesuffix(end)
    for separator in "-_/":
        if separator in pair:
            last = pair.rpartition(separator)[2]
            return last if last in CURRENCIES else ""
    found = [currency for currency in CURRENCIES if pair.endswith(currency) and pair != currency]
    return found[0] if len(found) == 1 else ""
