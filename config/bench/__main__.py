"""`make bench`: measures every section on SQLite and on PostgreSQL + Redis, prints a table, writes bench.json.

`make bench ARGS=alert` measures the sections named. Ratios within one run are what counts: machines are noisy.
"""

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis

from config.bench import (
    alert,
    backtest,
    candles,
    command,
    console,
    inbox,
    indicators,
    listing,
    matching,
    order,
    streams,
    sweep,
)
from config.bench.figures import Figures, table
from config.bench.places import Place, find_places
from config.tests.processes import ROOT

# A section is a name, its title, and a function from a place to its figures.
SECTIONS: dict[str, tuple[str, Callable[[Place], Figures]]] = {
    "alert": ("one alert, from its bytes to everything committed", alert.measure),
    "order": ("one market order over the API", order.measure),
    "listing": ("100 coins of the listings, from the cache", listing.measure),
    "matching": ("prices against orders that rest", matching.measure),
    "candles": ("a year of minutes", candles.measure),
    "backtest": ("a backtest on a year of minutes", backtest.measure),
    "sweep": ("1,000 pairs of averages on 100,000 candles", sweep.measure),
    "indicators": ("indicators on a year of minutes", indicators.measure),
    "command": ("a backtest from the command line, cold", command.measure),
    "streams": ("events to 1,000 sockets", streams.measure),
    "console": ("the console's start page after a month of work", console.measure),
    "inbox": ("8 alerts in flight, on bots of 10 accounts", inbox.measure),
}


def main(wanted: list[str]) -> None:
    """Measure the wanted sections, or all, everywhere."""
    if unknown := set(wanted) - SECTIONS.keys():
        sys.exit(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    report: dict[str, Any] = {**_machine(), "places": {}}
    print("{date}, Python {python}, {cpus} CPUs, load average {load_average_before}".format(**report), end="\n\n")
    for place in find_places():
        told: dict[str, Any] = {"versions": _versions(place), "sections": {}}
        report["places"][place.name] = told
        for name, (title, measure) in SECTIONS.items():
            if wanted and name not in wanted:
                continue
            figures = measure(place)
            told["sections"][name] = {key: _told(figures, key) for key in figures}
            if figures:
                print("\n".join(table(f"{title}: {place.name}", figures)), end="\n\n", flush=True)
    report["load_average_after"] = _load()
    (ROOT / "bench.json").write_text(json.dumps(report, indent=1) + "\n")


def _told(figures: Figures, name: str) -> dict[str, Any]:
    figure = figures[name]
    return {**asdict(figure), "ratio": figure.ratio, "verdict": figure.verdict}


def _machine() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load_average_before": _load(),
    }


def _load() -> list[float]:
    return [round(number, 1) for number in os.getloadavg()]


def _versions(place: Place) -> dict[str, str]:
    if not place.database_url:
        return {"SQLite": sqlite3.sqlite_version}
    with psycopg.connect(place.database_url) as server:
        number = server.info.server_version
    info: Any = redis.Redis.from_url(place.redis_url).info("server")
    return {"PostgreSQL": f"{number // 10000}.{number % 10000}", "Redis": info["redis_version"]}


if __name__ == "__main__":
    main(sys.argv[1:])
