"""Which candles there are, as runs of numbers without a hole: joined, counted, cut, and what is missing between."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from market.intervals import Interval


class Run(NamedTuple):
    """Candles from the number `first` to before `end`; at least one."""

    first: int
    end: int


def joined(runs: Iterable[tuple[int, int]]) -> list[Run]:
    """Return runs ascending, those that touch or overlap as one; empty ones left out."""
    told: list[Run] = []
    for first, end in sorted(runs):
        if first >= end:
            continue
        if told and first <= told[-1].end:
            told[-1] = Run(told[-1].first, max(told[-1].end, end))
        else:
            told.append(Run(first, end))
    return told


def counted(runs: Iterable[Run]) -> int:
    """Return how many candles the runs are."""
    return sum(run.end - run.first for run in runs)


def cut(runs: Iterable[Run], *, first: int, end: int) -> list[Run]:
    """Return what of the runs lies from `first` to before `end`."""
    return joined((max(run.first, first), min(run.end, end)) for run in runs)


def gaps(runs: Sequence[Run], *, first: int, end: int) -> list[Run]:
    """Return what of the numbers from `first` to before `end` is in none of the runs, which ascend."""
    inside = cut(runs, first=first, end=end)
    edges = [first, *(edge for run in inside for edge in run), end]
    return joined(zip(edges[::2], edges[1::2], strict=True))


def page(runs: Sequence[Run], *, skip: int, take: int) -> list[Run]:
    """Return `take` candles of the runs from the first on, after `skip` of them are passed over."""
    told = []
    for run in runs:
        first = run.first + min(skip, run.end - run.first)
        end = min(run.end, first + take)
        skip -= first - run.first
        take -= end - first
        told.append(Run(first, end))
    return joined(told)


def last_page(runs: Sequence[Run], *, skip: int, take: int) -> list[Run]:
    """Return `take` candles of the runs from the last one back, after `skip` of them are passed over."""
    total = counted(runs)
    end = max(0, total - skip)
    first = max(0, end - take)
    return page(runs, skip=first, take=end - first)


def makes(lower: Interval, higher: Interval) -> bool:
    """Say whether candles of `higher` can be made of those of `lower`: whole ones, beginning together."""
    return (
        lower.seconds < higher.seconds
        and higher.seconds % lower.seconds == 0
        and (higher.offset_seconds - lower.offset_seconds) % lower.seconds == 0
    )


def complete(runs: Iterable[Run], lower: Interval, higher: Interval) -> list[Run]:
    """Return the candles of `higher` whose every candle of `lower` is in one of the runs."""
    return joined(
        (
            higher.number_at(lower.opens_at(run.first) + higher.seconds - 1),
            higher.number_at(lower.opens_at(run.end)),
        )
        for run in runs
    )
