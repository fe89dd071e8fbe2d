"""Which candles a run was on, in words."""

from datetime import UTC, datetime

from strategies.report.subject import Coverage, moment_of

_HOLES_SHOWN = 20


def coverage_pairs(coverage: Coverage) -> list[tuple[str, str]]:
    """Return what is known of the candles as names and texts."""
    lacking = f"{coverage.lacking:,} in {len(coverage.holes):,} gaps" if coverage.holes else "none"
    return [
        ("from", f"{_at(coverage.opens_at)} UTC"),
        ("to", f"{_at(coverage.closes_at)} UTC"),
        ("candles", f"{coverage.candles:,} of {coverage.interval.value}"),
        ("warm-up before", f"{coverage.warm_up:,}"),
        ("lacking", lacking),
    ]


def holes_told(coverage: Coverage) -> str:
    """Return the gaps in a sentence, the first of them where there are many; nothing without gaps."""
    told = [
        f"{_at(moment_of(coverage.interval, hole.first))} to {_at(moment_of(coverage.interval, hole.end))}"
        for hole in coverage.holes[:_HOLES_SHOWN]
    ]
    more = " …" if len(coverage.holes) > _HOLES_SHOWN else ""
    return f"Gaps: {'; '.join(told)}{more}" if told else ""


def _at(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
