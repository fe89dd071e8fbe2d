"""What a server's time is on our clock, so that a few seconds between the two neither age nor freshen a quote.

An answer that was made just now shows how far the clocks are apart: server time − time of receipt. One that was
made earlier (a cache, a slow line) shows less, never more. So the greatest difference of the last minute is how far
they are apart, and a quote is from `server time − difference`: never later than its receipt, and as old as it was
before it came.

A difference beyond the tolerance is no evidence of a clock. Behind us by more, an answer is simply old. Ahead by more,
one of the clocks is wrong and no age can be told: refused. The most that can be mistaken is the tolerance: where every
answer of a minute was late by the same few seconds, they pass for a clock that is behind.
"""

from collections import deque
from datetime import datetime, timedelta

from market.sources.base import SourceDown

TOLERANCE = timedelta(seconds=5)
REMEMBERED = timedelta(seconds=60)


class ServerClock:
    """One server's clock beside ours; each answer's time is told to it in the order of receipt."""

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, timedelta]] = deque()

    def on_ours(self, server_time: datetime, *, received_at: datetime) -> datetime:
        """Return the moment of `server_time` on our clock, at most `received_at`. Raises SourceDown."""
        apart = server_time - received_at
        if apart > TOLERANCE:
            raise SourceDown(f"its clock is {apart.total_seconds():.0f} seconds ahead of ours: one of them is wrong")
        if apart >= -TOLERANCE:
            self._seen.append((received_at, apart))
        # Either side of now: our own clock may have been set back.
        while self._seen and abs(received_at - self._seen[0][0]) > REMEMBERED:
            self._seen.popleft()
        difference = max((seen for _, seen in self._seen), default=timedelta(0))
        return server_time - difference
