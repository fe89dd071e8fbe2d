"""The console's start page on a desk that has been at work for a month, measured in a child with Django."""

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk

LIMIT_MS = 300.0  # on PostgreSQL: a desk of a thousand accounts is not one of SQLite


def measure(place: Place) -> Figures:
    """Return the milliseconds of the start page and of its figures alone, without a server, medians of many."""
    with fresh_desk(place) as desk:
        told = in_child("config.bench.console_job:measure", env={**desk.env, "LOG_LEVEL": "WARNING"})
    limit = LIMIT_MS if place.database_url else None
    rows = "{accounts:,} accounts, {orders:,} orders, {signals:,} signals, {points:,} points of equity".format(**told)
    return {
        "start page": Figure(told["page"], "ms", limit=limit, note=rows),
        "its figures, every ten seconds": Figure(told["figures"], "ms"),
        "flight recorder, 25 of 1,000 accounts": Figure(told["flight"], "ms", note="one real signal"),
    }
