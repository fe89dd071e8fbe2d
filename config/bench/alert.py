"""The main job's section of the table: the road beside its two floors, measured in a child with Django."""

from typing import Any

from config.bench.child import in_child
from config.bench.figures import Figure, Figures
from config.bench.places import Place, fresh_desk

LARGEST = 1_000
LIMITS = {"PostgreSQL": 3.0, "SQLite": 5.0}


def measure(place: Place) -> Figures:
    """Return the main job's milliseconds by number of accounts, each beside floor (a) and floor (b)."""
    with fresh_desk(place) as desk:
        sizes = in_child("config.bench.main_job:measure", env=desk.env)
    figures: Figures = {}
    for accounts, told in sizes.items():
        limit = LIMITS[place.name] if int(accounts) == LARGEST else None
        figures |= _figures(int(accounts), told, limit=limit)
    return figures


def _figures(accounts: int, told: dict[str, Any], *, limit: float | None) -> Figures:
    road, in_python = told["milliseconds"]["road"], told["milliseconds"]["in_python"]
    way, floor = _fastest(told, "floor")
    least_way, least = _fastest(told, "least")
    did = f"{told['statements']} statements, {told['commits']} commits, {in_python:.0f} ms in Python"
    by_hand = f"by hand {told['statements_by_hand']} statements, {way}"
    name = f"{accounts:,} account{'s' if accounts > 1 else ''}"
    return {
        f"{name}, beside every row by hand (a)": Figure(road, "ms", floor, limit, note=f"{did}; {by_hand}"),
        f"{name}, beside orders, fills, ledger, balances (b)": Figure(road, "ms", least, note=f"by hand {least_way}"),
    }


def _fastest(told: dict[str, Any], floor: str) -> tuple[str, float]:
    """Return the way that wrote a floor fastest, and its median milliseconds."""
    times = {name.split()[1]: value for name, value in told["milliseconds"].items() if name.startswith(floor)}
    way = min(times, key=lambda name: times[name])
    return way, times[way]
