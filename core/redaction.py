"""Strikes secrets out of text: passwords and keys in addresses, tokens in queries, bearer tokens."""

import logging
import re

from django.conf import settings

_STRUCK = r"\g<before>***"
# A password may hold what belongs escaped: up to the last @ of the word, unless it is a port and a path.
_PASSWORD_IN_URL = re.compile(r"(?P<before>://[^\s/:@\"']*:)(?!\d+/)[^\s\"']+(?=@)")


def redact(text: str) -> str:
    """Return `text` with what the patterns of LOG_REDACTIONS find after their group `before` replaced."""
    for pattern in _patterns():
        text = pattern.sub(_STRUCK, text)
    return without_passwords(text)


def without_passwords(text: str) -> str:
    """Return `text` with the passwords of addresses struck out: scheme://user:***@host. Needs no settings."""
    return _PASSWORD_IN_URL.sub(_STRUCK, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, and strikes secrets out of the whole."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _patterns() -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.IGNORECASE) for pattern in settings.LOG_REDACTIONS]
