"""Dialects that are recognised to be refused by name: what they leave unsaid is kept at the other platform."""

import re
from collections.abc import Callable
from functools import partial

from webhooks.reading.dialects.dialect import Dialect, Fields, foreign

_NOT_READ = "which is not read here: send JSON with side and symbol"


def _dialect(name: str, title: str, pattern: str) -> Dialect:
    return Dialect(
        name, claims_text=_matching(re.compile(pattern, re.ASCII | re.IGNORECASE)), read_text=partial(_refuse, title)
    )


def _matching(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.match(text) is not None


def _refuse(title: str, text: str) -> Fields:
    raise foreign(title, _NOT_READ)


# Its sizes and distances are lots and pips of an account that only its server knows.
PINE_CONNECTOR = _dialect(
    "pineconnector",
    "a PineConnector code, values between commas",
    r"(?:[^\s,=:]{1,64}[ \t]{0,4},[ \t]{0,4})?(?:buy|sell|long|short|close|exit|cancel)[a-z]{0,20}[ \t]{0,4},",
)
# A program: what it does depends on the orders that are open there.
ALERTATRON = _dialect("alertatron", "an Alertatron command", r"\w{1,40}\([^()\r\n]{0,80}\)\s{0,8}\{")
