"""All dialects of other platforms; the first that claims an alert reads it."""

from collections.abc import Mapping
from typing import Any

from webhooks.reading.dialects import autoview, three_commas, traders_post, unread, wundertrading
from webhooks.reading.dialects.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    wundertrading.CODE,
    three_commas.SIGNAL_BOT,
    three_commas.DCA_BOT,
    traders_post.MESSAGE,
    unread.PINE_CONNECTOR,
    unread.ALERTATRON,
    autoview.COMMAND,
)


def dialect_of_object(body: Mapping[str, Any]) -> Dialect | None:
    """Return the dialect that a JSON object is written in; None where it is none of another platform."""
    return next((dialect for dialect in DIALECTS if dialect.claims(body)), None)


def dialect_of_text(text: str) -> Dialect | None:
    """Return the dialect of a text that is not JSON; None where it is none of another platform."""
    return next((dialect for dialect in DIALECTS if dialect.claims_text(text)), None)
