"""A list of 100 coins from the cache beside a view that answers nothing, measured in a child with Django."""

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk

LIMIT = 2.0


def measure(place: Place) -> Figures:
    """Return the milliseconds of GET /cryptocurrencies, in one process without a server, kept and made anew."""
    with fresh_desk(place) as desk:
        told = in_child("config.bench.listing_job:measure", env={**desk.env, "LOG_LEVEL": "WARNING"})
    note = f"floor: an empty view that asks who one is; {told['kilobytes']:.0f} kB"
    return {
        "100 coins, kept": Figure(told["kept"], "ms", told["empty"], LIMIT, note=note),
        "100 coins, made anew": Figure(told["made"], "ms", told["empty"], note="after a sync, once"),
    }
