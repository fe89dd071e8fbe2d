"""Makes a process of the desk kill itself at a named point, without a hook in the desk: a function is wrapped.

DIES_AT is `before|after dotted.name.of.function n`: SIGKILL at the n-th call, before it runs or once it has returned,
once per desk: the file DATA_DIR/died says that it has happened. The name is where the function is called from,
`trading.services.signals.run_pass`. DEATH names another signal, SIGSTOP for one that hangs. SMALL_BATCHES is the
largest batch of a signal, LEASE_SECONDS how long a delivery or a decision is held, VENUE the address of the venue
`venue`.
"""

import itertools
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string

DIED = "died"


class DyingConfig(AppConfig):
    """The last app to get ready: all that it wraps is there."""

    name = "config.tests.proof"
    label = "proof"

    def ready(self) -> None:
        from config.tests.proof.venue_broker import VenueBroker
        from core import leases
        from trading import brokers
        from trading.services import road

        if venue := os.environ.get("VENUE"):
            brokers._BROKERS["venue"] = VenueBroker(venue)
        if lease := os.environ.get("LEASE_SECONDS"):
            leases.LEASE = timedelta(seconds=float(lease))
        if most := os.environ.get("SMALL_BATCHES"):
            road.LARGEST_BATCH = int(most)
        if point := os.environ.get("DIES_AT"):
            die_at(point)


def die_at(point: str) -> None:
    """Wrap the function that a point names."""
    when, name, number = point.split()
    owner, _, attribute = name.rpartition(".")
    place = import_string(owner) if owner.rpartition(".")[2][0].isupper() else import_module(owner)
    setattr(place, attribute, _dying(getattr(place, attribute), when, int(number)))


def _dying(function: Callable[..., Any], when: str, number: int) -> Callable[..., Any]:
    calls = itertools.count(1)

    @wraps(function)
    def dying(*args: Any, **kwargs: Any) -> Any:
        mine = next(calls) == number
        if mine and when == "before":
            _die()
        told = function(*args, **kwargs)
        if mine:
            _die()
        return told

    return dying


def _die() -> None:
    mark = Path(settings.DATA_DIR) / DIED
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.Signals[os.environ.get("DEATH", "SIGKILL")])
