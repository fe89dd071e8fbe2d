"""One market order over the API beside its own statements by the bare driver, measured in a child with Django."""

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk

MOST_STATEMENTS = 16
LIMIT = 3.0


def measure(place: Place) -> Figures:
    """Return the milliseconds of POST /orders, in one process without a server, and how many statements it takes."""
    with fresh_desk(place) as desk:
        told = in_child("config.bench.order_job:measure", env=desk.env)
    wanted = place.name == "PostgreSQL"
    floor = told["by_hand"] if wanted else None
    note = (
        "floor: the same statements by psycopg, which prepares them"
        if wanted
        else "no floor: the targets are PostgreSQL's"
    )
    figures = {
        "POST /orders": Figure(told["milliseconds"], "ms", floor, LIMIT if wanted else None, note=note),
        "statements": Figure(told["statements"], "", limit=MOST_STATEMENTS if wanted else None),
    }
    if wanted:
        note = "floor: without prepared statements, as Django sends them"
        figures["POST /orders, like for like"] = Figure(
            told["milliseconds"], "ms", told["by_hand_unprepared"], note=note
        )
    return figures
