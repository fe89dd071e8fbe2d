"""One source's rounds: which instruments are wanted of it, their new prices, who is told of them.

A round costs one statement to read, and one to write where the prices come over the network, whatever the number of
instruments. Each source has rounds of its own, so that a venue that is slow or down holds up no other.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from core.clock import Clock
from core.streams.broadcast import Broadcaster
from market.candles.live import LiveCandles
from market.followers import needed, tell_followers
from market.models import Instrument
from market.quotes import latest_quotes
from market.ranges import PriceRange
from market.services.quotes import keep_quotes
from market.sources.base import NetworkSource, Quote
from market.ticks import tick, topic_of

# A feed that stood still looks no further back: what prices did meanwhile is over.
LONGEST_LOOK_BACK = timedelta(seconds=60)

Quotes = Mapping[UUID, Sequence[Quote]]


class Rounds(ABC):
    """The rounds of the instruments that `of` selects; used by one thread."""

    def __init__(self, name: str, *, of: Q, clock: Clock) -> None:
        self.name = name
        self._of = of
        self._clock = clock
        self._broadcaster = Broadcaster()

    def round(self) -> int:
        """Get the prices of all that want them, tell the followers and the screens; return how many instruments do."""
        now = self._clock()
        wanted = {row.pk: row for row in Instrument.objects.filter(self._of).wanted(needed(), now=now)}
        quotes = self.quotes(list(wanted.values()), now=now)
        ranges = [PriceRange.of(wanted[pk], found) for pk, found in quotes.items() if found]
        tell_followers(ranges)
        self._broadcaster.send({topic_of(row.instrument.pk): tick(row.instrument, row.last) for row in ranges})
        return len(wanted)

    def close(self) -> None:
        """Let go of what the rounds hold open."""
        self._broadcaster.close()

    @abstractmethod
    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> Quotes:
        """Return what each instrument was quoted since the last round, in the order of time, its newest last."""


class NetworkRounds(Rounds):
    """Fetches the quotes of a source on the network, at most one of each, and keeps them and their candles."""

    def __init__(self, name: str, source: NetworkSource, *, clock: Clock) -> None:
        super().__init__(name, of=Q(source=name), clock=clock)
        self._source = source
        self._candles = LiveCandles()

    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> Quotes:
        if not instruments:
            return {}
        fetched = self._source.fetch(instruments, clock=self._clock)
        keep_quotes({self.name: fetched})
        self._candles.take(fetched, instruments=instruments, now=now)
        return {quote.instrument_id: [quote] for quote in fetched}


class ComputedRounds(Rounds):
    """Asks the sources that compute their prices for every second since the last round: no extreme is passed over."""

    def __init__(self, *, besides: Sequence[str], clock: Clock) -> None:
        super().__init__("computed", of=~Q(source__in=besides), clock=clock)
        self._seen_until: datetime | None = None

    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> Quotes:
        found: dict[UUID, list[Quote]] = {}
        for second in self._seconds(now):
            for pk, quote in latest_quotes(instruments, now=second).items():
                found.setdefault(pk, []).append(quote)
        return found

    def _seconds(self, now: datetime) -> list[datetime]:
        """Return the whole seconds since the last round; the running one where there is none new."""
        last = now.astimezone(UTC).replace(microsecond=0)
        seen = max(self._seen_until or last, last - LONGEST_LOOK_BACK)
        self._seen_until = last
        count = max(1, int((last - seen).total_seconds()))
        return [last - timedelta(seconds=ago) for ago in reversed(range(count))]
