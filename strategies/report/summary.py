"""A finished run as text for a terminal: what was run, what came out, what stood in the way."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from strategies.report.candles import coverage_pairs, holes_told
from strategies.report.figures import figures_of
from strategies.report.formats import plain_number as plain
from strategies.report.subject import Subject

_BETWEEN = "    "


def summary_lines(subject: Subject) -> Iterator[str]:
    """Yield the lines of the summary, numbers of a column ending together."""
    coverage, told = subject.coverage, subject.result
    yield f"{subject.title} on {subject.symbol} {subject.interval.value}"
    yield f"{coverage.opens_at:%Y-%m-%d %H:%M} to {coverage.closes_at:%Y-%m-%d %H:%M} UTC, {coverage.candles:,} candles"
    if subject.parameters:
        yield " · ".join(f"{name} {_said(value)}" for name, value in subject.parameters.items())
    yield ""
    yield from _columns([(figure.name, value) for figure, value in figures_of(subject.metrics)])
    yield ""
    yield from _aligned([*subject.terms, ("seed", str(subject.seed)), *coverage_pairs(coverage)[3:]])
    if coverage.holes:
        yield holes_told(coverage)
    refused = [f"{number:,} {why.replace('_', ' ')}" for why, number in told.refusals.items() if number]
    if refused:
        yield f"Orders that were not placed: {', '.join(refused)}."


def _columns(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield pairs in two columns, the first half on the left."""
    half = -(-len(pairs) // 2)
    left, right = list(_ended(pairs[:half])), list(_ended(pairs[half:]))
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{one}{_BETWEEN}{other}".rstrip()


def _ended(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    names, values = (max(map(len, column), default=0) for column in (*zip(*pairs, strict=True),))
    for name, value in pairs:
        yield f"{name:<{names}}  {value:>{values}}"


def _aligned(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        yield f"{name:<{width}}  {value}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, float) else str(value)
