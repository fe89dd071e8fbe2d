"""Compares the orders of a desk with all that the venue was ever sent."""

import json
from collections import Counter
from pathlib import Path

from config.tests.proof.books import SHOWN, Books
from config.tests.proof.venue_server import treatment_of

AMBIGUOUS = ("cut", "bad_gateway", "lost")


def venue_complaints(books: Books, file: Path) -> dict[str, list[str]]:
    """Return each sentence that does not hold, with some client ids. Unknown is what the venue told nothing of."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    sent, placed, missed = (_said(what, lines) for what in ("sent", "placed", "missed"))
    here = dict(books.rows("SELECT client_order_id, status FROM trading_order"))
    filled = {key for key, status in here.items() if status == "filled"}
    unknown = {key for key, status in here.items() if status == "unknown"}
    told_nothing = missed.keys() | {key for key in unknown if treatment_of(key) in AMBIGUOUS}
    found = {
        "an order was sent twice": [key for key, times in sent.items() if times > 1],
        "the venue has an order that is not here": sorted(sent.keys() - here.keys()),
        "an order is filled here and not there": sorted(filled - placed.keys()),
        "an order is unknown though the venue could tell": sorted(unknown - told_nothing),
        "an order is rejected here and placed there": [key for key in placed if here.get(key) == "rejected"],
    }
    return {sentence: keys[:SHOWN] for sentence, keys in found.items() if keys}


def _said(what: str, lines: list[dict[str, str]]) -> Counter[str]:
    return Counter(line["client_order_id"] for line in lines if line["what"] == what)
