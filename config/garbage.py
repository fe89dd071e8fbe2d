"""Spares long-running processes the garbage collector's walks through what start-up made and nobody frees."""

import gc

THRESHOLDS = (20_000, 20, 50)


def settle() -> None:
    """Set aside all that lives now and look for cycles less often: a batch of orders makes many objects, few cycles.

    A walk through a thousand sockets stops them all for a fifth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def leave() -> None:
    """Look for no cycles at all: in a command that imports, computes and ends they take a seventh of its time."""
    gc.disable()
