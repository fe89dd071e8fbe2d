"""Reading the envelope of Bybit's answers: errors come inside HTTP 200, the time stands nowhere else.

Source: Bybit V5 API: retCode 0 is success; 10006 and 10018 are limits on requests, 10000 and 10016 faults of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.sources.numbers import moment

_TOO_MANY_REQUESTS = (10006, 10018)
_THEIR_FAULT = (10000, 10016)
_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's rows as they came, the server's time, and the cursor to what follows: "" at the end."""

    rows: list[Any]
    server_time: datetime
    cursor: str


def read_page(told: Mapping[str, Any], *, category: str) -> Page:
    """Return the rows of an answer.

    Raises SourceBusy, SourceRefused, and SourceDown where it is not the sound answer asked for.
    """
    _check_code(told.get("retCode"))
    result = told.get("result")
    rows = result.get("list") if isinstance(result, dict) else None
    if not isinstance(result, dict) or result.get("category", category) != category or not isinstance(rows, list):
        raise SourceDown("the answer holds no list of the category that was asked for")
    server_time = moment(told.get("time"))
    if server_time is None:
        raise SourceDown("the answer has no time")
    cursor = result.get("nextPageCursor")
    return Page(rows, server_time, cursor if isinstance(cursor, str) else "")


def _check_code(code: Any) -> None:
    if type(code) is not int:
        raise SourceDown("the answer has no code")
    if code in _TOO_MANY_REQUESTS:
        raise SourceBusy(f"code {code}: too many requests", wait_seconds=_BUSY_SECONDS)
    if code in _THEIR_FAULT:
        raise SourceDown(f"code {code}: a fault of theirs")
    if code != 0:
        raise SourceRefused(f"code {str(code)[:12]}", http_status=200)
