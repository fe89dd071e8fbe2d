"""Random ids for many rows at once."""

import os
from collections.abc import Iterator
from uuid import UUID

_AT_ONCE = 256


def fresh_ids() -> Iterator[UUID]:
    """Yield random UUIDs (version 4) without end, asking the system for a few hundred at a time.

    One stream belongs to one use case, never to a process: what a fork copies would come twice.
    """
    while True:
        drawn = os.urandom(16 * _AT_ONCE)
        for start in range(0, len(drawn), 16):
            yield UUID(bytes=drawn[start : start + 16], version=4)
