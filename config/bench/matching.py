"""Matching's section of the table: prices against a book of orders that rest, measured in a child with Django."""

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk

LEAST_QUOTES = 2_000
STATEMENTS = 1


def measure(place: Place) -> Figures:
    """Return quotes a second where nothing is met, and what it costs to meet orders, in a small book and a large."""
    with fresh_desk(place) as desk:
        told = in_child("config.bench.matching_job:measure", env=desk.env)
    small, large = sorted(told, key=int)
    book = f"{int(large):,} orders rest on 1,000 accounts"
    figures: Figures = {
        "quotes a second, 100 a batch, nothing is met": Figure(
            told[large]["quotes_per_second"], "", at_least=LEAST_QUOTES, note=book
        ),
        "statements of such a batch": Figure(told[large]["statements"], "", limit=STATEMENTS),
    }
    for orders, milliseconds in told[large]["met"].items():
        beside = told[small]["met"][orders]
        note = f"{milliseconds / int(orders):.2f} ms an order; floor: the same in a book of {int(small):,}"
        figures[f"a batch that meets {int(orders):,} orders"] = Figure(milliseconds, "ms", beside, note=note)
    return figures
