"""Examinations: what is asked of a desk to learn what is wrong with it. Apps register theirs at start.

An examination changes nothing, ends within seconds whatever does not answer, and says for each finding what to do.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from core.redaction import redact

logger = logging.getLogger(__name__)


class Level(StrEnum):
    """How bad it is; `skipped` was not looked at."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, in a sentence, and what to do about it, in another; `name` is its examination's."""

    level: Level
    found: str
    advice: str = ""
    name: str = ""


Examine = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Examination:
    """One subject. Where an examination of `needs` found an error, there is no sense in this one."""

    name: str
    examine: Examine
    needs: tuple[str, ...] = ()


class UnknownExamination(LookupError):
    """No examination has this name."""


_registered: dict[str, Examination] = {}


def ok(found: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(Level.OK, found)


def skipped(found: str) -> Finding:
    """Return a finding that says why there was nothing to look at."""
    return Finding(Level.SKIPPED, found)


def warning(found: str, advice: str) -> Finding:
    """Return a finding that should be looked into while the desk goes on."""
    return Finding(Level.WARNING, found, advice)


def error(found: str, advice: str) -> Finding:
    """Return a finding that keeps the desk from its work, or its work from being trusted."""
    return Finding(Level.ERROR, found, advice)


def register(name: str, examine: Examine, *, needs: tuple[str, ...] = ()) -> None:
    """Add an examination; one of the same name is replaced."""
    _registered[name] = Examination(name, examine, needs)


def names() -> list[str]:
    """Return the names of all examinations in the order in which they are made."""
    return [examination.name for examination in _ordered()]


def run(only: str = "") -> list[Finding]:
    """Make every examination, or the one called `only` and those that it needs, and return what was found.

    Of those that were only needed the errors alone are told. Raises UnknownExamination.
    """
    if only and only not in _registered:
        raise UnknownExamination(only)
    wanted = _with_needs(only) if only else set(_registered)
    found: dict[str, list[Finding]] = {}
    closed: set[str] = set()
    for examination in _ordered():
        if examination.name in wanted:
            lacking = [name for name in examination.needs if name in closed]
            found[examination.name] = [_not_made(examination, lacking)] if lacking else _made(examination)
            if lacking or _has_error(found[examination.name]):
                closed.add(examination.name)
    return [
        finding
        for name, findings in found.items()
        for finding in findings
        if only in ("", name) or finding.level == Level.ERROR
    ]


def _not_made(examination: Examination, lacking: list[str]) -> Finding:
    return replace(skipped(f"Not looked at: see {', '.join(lacking)}."), name=examination.name)


def _made(examination: Examination) -> list[Finding]:
    try:
        findings = list(examination.examine())
    except Exception as failure:
        logger.debug("examination %s failed", examination.name, exc_info=True)
        reason = f"{type(failure).__name__}: {first_line(failure)}"
        findings = [error(f"It could not be examined: {reason}.", "Run it with LOG_LEVEL=DEBUG to see where.")]
    return [
        replace(finding, name=examination.name, found=redact(finding.found), advice=redact(finding.advice))
        for finding in findings
    ]


def first_line(failure: Exception) -> str:
    """Return the first line of what an exception says, without the full stop."""
    return (str(failure).strip().splitlines() or ["it says nothing"])[0].rstrip(".")


def _has_error(findings: list[Finding]) -> bool:
    return any(finding.level == Level.ERROR for finding in findings)


def _ordered() -> list[Examination]:
    """Return the examinations, each after those that it needs, else in the order of their registration."""
    ordered: dict[str, Examination] = {}
    for name in _registered:
        _add_after_needs(name, ordered)
    return list(ordered.values())


def _add_after_needs(name: str, ordered: dict[str, Examination]) -> None:
    for need in _registered[name].needs:
        if need in _registered:
            _add_after_needs(need, ordered)
    ordered.setdefault(name, _registered[name])


def _with_needs(name: str) -> set[str]:
    needs = (_with_needs(need) for need in _registered[name].needs if need in _registered)
    return {name}.union(*needs)
