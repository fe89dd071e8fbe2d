"""Which candles a run goes over: all of its span must have closed and be there; what is before is for warming up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from core.errors import Invalid
from market.candles.book import candle_book
from market.candles.runs import Run, counted, cut, gaps
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import Instrument

# Nearly four years of minutes: 96 MB as arrays.
MOST_CANDLES = 2_000_000
# A decision and the candle that it acts in.
LEAST_CANDLES = 2
LONGEST_WARM_UP = 100_000
_GAPS_TOLD = 5


class CandlesMissing(Invalid):
    """Candles of the span are not there; `gaps` are the numbers of those that lack."""

    code = "CANDLES_MISSING"

    def __init__(self, sentence: str, *, field: str, gaps: Sequence[Run]) -> None:
        super().__init__(sentence, field=field)
        self.gaps = tuple(gaps)


class TooManyCandles(Invalid):
    """The span holds more candles than one run may have."""

    code = "TOO_MANY_CANDLES"


@dataclass(frozen=True, slots=True)
class Span:
    """The candles whose numbers are from `first` to before `end`."""

    interval: Interval
    first: int
    end: int

    @property
    def count(self) -> int:
        """How many they are where none lacks."""
        return self.end - self.first

    @property
    def opens(self) -> datetime:
        """When the first one opens."""
        return _opening(self.interval, self.first)

    @property
    def closes(self) -> datetime:
        """When the last one closes."""
        return _opening(self.interval, self.end)


@dataclass(frozen=True, slots=True)
class RunCandles:
    """The candles of a span behind those that a rule warms up on; the first that counts is at `first`."""

    series: CandleSeries
    first: int


def span_between(interval: Interval, *, start: datetime, end: datetime, now: datetime) -> Span:
    """Return the candles that open from `start` to before `end`. Raises Invalid naming `start_date` or `end_date`."""
    if start >= end:
        raise Invalid("The start must be before the end.", field="start_date")
    span = Span(interval, interval.first_from(start), interval.first_from(end))
    if span.count < LEAST_CANDLES:
        raise Invalid(
            f"Between start and end open fewer than {LEAST_CANDLES} candles of {interval.value}.", field="end_date"
        )
    closed = interval.number_at(int(now.timestamp()))
    if span.end > closed:
        last = _told(_opening(interval, closed))
        raise Invalid(
            f"Candles that have not closed are not known yet: the end is {last} at the latest.", field="end_date"
        )
    if span.count > MOST_CANDLES:
        sentence = f"These are {span.count:,} candles; one run has {MOST_CANDLES:,} at most."
        raise TooManyCandles(sentence, field="start_date")
    return span


def check_candles(instrument: Instrument, span: Span, *, may_lack: bool, now: datetime) -> None:
    """Raise CandlesMissing where candles of the span lack, saying which and how to get them.

    With `may_lack` only where too few are left to run on.
    """
    runs = candle_book(instrument, span.interval, now=now).runs
    there = cut(runs, first=span.first, end=span.end)
    lacking = gaps(runs, first=span.first, end=span.end)
    enough = counted(there) >= LEAST_CANDLES
    if lacking and not (may_lack and enough):
        field = "start_date" if runs else "symbol"
        raise CandlesMissing(_how_to_get(instrument, span, lacking), field=field, gaps=lacking)


def candles_of_run(instrument: Instrument, span: Span, *, warm_up: int, now: datetime) -> RunCandles:
    """Return the candles of a span that are there, behind at most `warm_up` that lead up to them without a hole."""
    book = candle_book(instrument, span.interval, now=now)
    leading = next((run.first for run in book.runs if run.first <= span.first < run.end), span.first)
    begin = max(leading, span.first - min(warm_up, LONGEST_WARM_UP))
    series = book.read(first=begin, end=span.end)
    first = int(np.searchsorted(series.opened_at, span.interval.opens_at(span.first) * 1_000))
    return RunCandles(series, first)


def _how_to_get(instrument: Instrument, span: Span, lacking: Sequence[Run]) -> str:
    """Say what lacks, and how to fetch or import it."""
    told = "; ".join(
        f"{_told(_opening(span.interval, gap.first))} to {_told(_opening(span.interval, gap.end))}"
        for gap in lacking[:_GAPS_TOLD]
    )
    more = f" and {len(lacking) - _GAPS_TOLD} more gaps" if len(lacking) > _GAPS_TOLD else ""
    first, end = (_told(_opening(span.interval, number)) for number in (lacking[0].first, lacking[-1].end))
    what = f"{instrument.symbol} --interval {span.interval.value}"
    return (
        f"{counted(lacking):,} of {span.count:,} candles of {instrument.symbol} {span.interval.value} are missing: "
        f"{told}{more}. An admin fetches them with the job backfill_candles or "
        f'"manage.py backfill_candles {what} --start {first} --end {end}", '
        f'or imports a file with "manage.py import_candles {what} FILE".'
    )


def _opening(interval: Interval, number: int) -> datetime:
    return datetime.fromtimestamp(interval.opens_at(number), UTC)


def _told(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")
