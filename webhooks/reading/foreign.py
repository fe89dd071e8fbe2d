"""Alerts written for other platforms, in codes of their own: they are recognised, to be refused by name."""

import re
from collections.abc import Mapping
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable

_WUNDERTRADING = re.compile(r"(?:ENTER|EXIT|CLOSE)-(?:LONG|SHORT|ALL)_\S", re.IGNORECASE)
_TEXTS: Mapping[str, re.Pattern[str]] = {
    "a WunderTrading code": _WUNDERTRADING,
    "a PineConnector code, values between commas": re.compile(
        r"(?:[^\s,=:]{1,64}[ \t]{0,4},[ \t]{0,4})?(?:buy|sell|long|short|close|exit|cancel)[a-z]{0,20}[ \t]{0,4},",
        re.ASCII | re.IGNORECASE,
    ),
    "an Alertatron command": re.compile(r"\w{1,40}\([^()\r\n]{0,80}\)\s{0,8}\{", re.ASCII),
}
_SIGNAL_CARD = re.compile(
    r"(?<!\w)(?:entry|targets?|take.?profits?|tp\d?|stop.?loss)[ \t]{0,4}:", re.ASCII | re.IGNORECASE
)
_AUTOVIEW = re.compile(r"(?<![\w.-])([abcest])=", re.ASCII)
_FIELDS = ("email_token", "tv_instrument")


def refuse_foreign_text(text: str) -> None:
    """Raises Unreadable, FOREIGN_FORMAT, where a text that is not JSON is another platform's code."""
    for name, pattern in _TEXTS.items():
        if pattern.match(text):
            raise _foreign(name)
    if len({field[1] for field in _AUTOVIEW.finditer(text)}) > 1:
        raise _foreign("an Autoview command")


def refuse_signal_card(text: str) -> None:
    """Raises Unreadable, FOREIGN_FORMAT, where a text tells people of an entry and its targets."""
    if _SIGNAL_CARD.search(text):
        raise _foreign("a signal card for people, with entry and targets")


def refuse_foreign_fields(body: Mapping[str, Any]) -> None:
    """Raises Unreadable, FOREIGN_FORMAT, where a JSON object carries another platform's code at its top."""
    if _WUNDERTRADING.match(str(body.get("code", ""))):
        raise _foreign("a WunderTrading code")
    if any(name in body for name in _FIELDS):
        raise _foreign("a message to a 3Commas bot")


def _foreign(name: str) -> Unreadable:
    return Unreadable(
        Reason.FOREIGN_FORMAT, f"The alert looks like {name}, which is not read here: send JSON with side and symbol."
    )
