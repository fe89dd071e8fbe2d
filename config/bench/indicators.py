"""Indicators' section of the table: on a year of minutes, beside what TA-Lib alone takes."""

import json
import subprocess
import sys

from config.bench.figures import Figure, Figures
from config.bench.places import Place
from config.tests.processes import ROOT

LIMIT = 1.2


def measure(place: Place) -> Figures:
    """Return the milliseconds of each indicator; no database is in it, so it is measured once."""
    if place.database_url:
        return {}
    command = [sys.executable, "-m", "config.bench.indicators_job"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return {name: Figure(ours, "ms", talib, LIMIT, note="floor: TA-Lib's own") for name, (ours, talib) in told.items()}
