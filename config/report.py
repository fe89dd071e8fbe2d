"""How findings are shown: a table for people, the worst last, where a terminal stops; JSON for programs."""

import json
import shutil
import textwrap
from collections.abc import Callable, Sequence

from core.examinations import Finding, Level

Paint = Callable[[Level, str], str]

_ORDER = (Level.SKIPPED, Level.OK, Level.WARNING, Level.ERROR)
_MOST_COLUMNS = 120


def plain(level: Level, text: str) -> str:
    """Paint nothing."""
    return text


def count(findings: Sequence[Finding], level: Level) -> int:
    """Return how many findings are of one level."""
    return sum(finding.level == level for finding in findings)


def table(findings: Sequence[Finding], *, paint: Paint = plain) -> str:
    """Return lines of level, name, what was found and, below it, what to do; then the count of the bad ones."""
    ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.level))
    widest = max((len(finding.name) for finding in findings), default=0)
    columns = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    lines = [_entry(finding, widest=widest, columns=columns, paint=paint) for finding in ordered]
    errors, warnings = count(findings, Level.ERROR), count(findings, Level.WARNING)
    return "\n".join([*lines, "", f"{errors} errors, {warnings} warnings"])


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings, in the order in which they were made, and their counts."""
    told = {
        "errors": count(findings, Level.ERROR),
        "warnings": count(findings, Level.WARNING),
        "findings": [
            {"name": finding.name, "level": finding.level, "found": finding.found, "advice": finding.advice}
            for finding in findings
        ],
    }
    return json.dumps(told, indent=1)


def _entry(finding: Finding, *, widest: int, columns: int, paint: Paint) -> str:
    level = f"{finding.level:<8}"
    head = f"{level} {finding.name:<{widest}}  "
    margin = " " * len(head)
    text = _filled(finding.found, columns=columns, first=margin, others=margin)
    told = paint(finding.level, level) + head[len(level) :] + text[len(margin) :]
    if not finding.advice:
        return told
    return f"{told}\n{_filled(finding.advice, columns=columns, first=f'{margin}> ', others=f'{margin}  ')}"


def _filled(text: str, *, columns: int, first: str, others: str) -> str:
    """Wrap without cutting addresses and commands, which people copy; never narrower than thirty columns."""
    width = max(columns, len(first) + 30)
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
