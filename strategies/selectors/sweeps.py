"""Finds sweeps for who asks."""

from uuid import UUID

from accounts import rights
from accounts.models import User
from core.errors import Missing
from strategies.models import Sweep
from strategies.models.sweeps import SweepQuerySet


class SweepMissing(Missing):
    """No such sweep, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such sweep.")


def told_sweeps() -> SweepQuerySet:
    """Return living sweeps, the newest first, with their instruments and how far they are."""
    return Sweep.objects.living().told().select_related("instrument")


def readable_sweep(user: User, sweep_id: UUID) -> Sweep:
    """Return a living sweep that `user` may read. Raises SweepMissing."""
    return rights.readable(told_sweeps(), user, sweep_id, missing=SweepMissing())


def writable_sweep(user: User, sweep_id: UUID) -> Sweep:
    """Return a living sweep that `user` may change. Raises SweepMissing."""
    return rights.writable(told_sweeps(), user, sweep_id, missing=SweepMissing())
