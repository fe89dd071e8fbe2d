"""Candles' section of the table: a year of minutes into arrays, from a CSV and into days, in a child with Django."""

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk

LIMIT = 1.5
IMPORT_SECONDS = 20
PAGE_MILLISECONDS = 1_000


def measure(place: Place) -> Figures:
    """Return how long a year of minutes takes, beside the same bytes by the driver alone and beside numpy.load."""
    with fresh_desk(place) as desk:
        told = in_child("config.bench.candles_job:measure", env=desk.env, folder=str(desk.folder))
    year = "525,600 candles"
    return {
        "a year of minutes into arrays": Figure(
            told["arrays"], "ms", told["raw"], LIMIT, note=f"{year}; floor: the same bytes by the driver, no array made"
        ),
        "the same beside numpy.load": Figure(
            told["arrays"], "ms", told["load"], note="floor: one .npy of these numbers"
        ),
        "the year from a CSV": Figure(told["import"], "s", limit=IMPORT_SECONDS, note=f"{year}, told and stored"),
        "1,000 days made of minutes": Figure(
            told["days"], "ms", limit=PAGE_MILLISECONDS, note="1,440,000 candles, as an API page reads them"
        ),
        "a year of the synthetic market's minutes": Figure(told["synthetic"], "ms", note="31,536,000 prices computed"),
    }
