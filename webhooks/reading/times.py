"""When an alert was fired: ISO 8601 with its time zone, or seconds or milliseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.errors import Invalid

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{12,13}(?:\.\d{1,6})?", re.ASCII)


class BadTime(Invalid):
    """A text that is not a moment."""

    code = "INVALID_TIME"


def parse_time(text: str) -> datetime:
    """Return the moment in UTC. Raises BadTime, also where no time zone is said, and outside of 2000 to 2100."""
    moment = _moment(text.strip().upper().replace(" ", "T", 1))
    if not EARLIEST <= moment < LATEST:
        raise BadTime("The time is not of this century.")
    return moment


def _moment(text: str) -> datetime:
    if _SECONDS.fullmatch(text):
        return _EPOCH + timedelta(microseconds=int(Decimal(text) * 1_000_000))
    if _MILLISECONDS.fullmatch(text):
        return _EPOCH + timedelta(microseconds=int(Decimal(text) * 1_000))
    iso = _ISO.fullmatch(text)
    if iso is None:
        raise BadTime("A time is written like 2026-01-31T12:00:00Z, or as seconds or milliseconds since 1970.")
    clock, fraction, zone = iso.groups(default="")
    if not zone:
        raise BadTime("The time does not say its time zone: end it with Z for UTC.")
    try:
        return datetime.fromisoformat(clock + fraction + zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadTime("There is no such time.") from error
