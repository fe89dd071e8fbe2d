"""Writes the log of what programs did and thought."""

from datetime import datetime
from typing import Any

from accounts.models import User
from core.errors import Invalid
from market.spelling import LONGEST
from strategies.models import LogEntry


def write_log(*, owner: User, symbol: str, action: Any = None, analysis: Any = None, now: datetime) -> LogEntry:
    """Keep what a program of the owner's did or found about a symbol, which is kept in capital letters.

    Raises Invalid for a symbol that is too long in capitals: some small letters are two or three of them.
    """
    capitals = symbol.upper()
    if len(capitals) > LONGEST:
        raise Invalid(f"A symbol has at most {LONGEST} characters, in capitals too.", field="symbol")
    return LogEntry.objects.create(owner=owner, symbol=capitals, action=action, analysis=analysis, created_at=now)
