"""What the linter finds: how bad it is, what it is, and where in the pasted text it stands."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error keeps alerts from being traded, a warning lets them do what is hardly meant, the rest is to be known."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `code` is one of these rules, or that of the refusal an alert would meet; `where` may be empty."""

    level: Level
    code: str
    message: str
    where: str = ""


def error(code: str, message: str, *, where: str = "") -> Finding:
    """Return a finding that keeps the alert from being traded."""
    return Finding(Level.ERROR, code, message, where)


def warning(code: str, message: str, *, where: str = "") -> Finding:
    """Return a finding that lets the alert do what is hardly meant."""
    return Finding(Level.WARNING, code, message, where)


def info(code: str, message: str, *, where: str = "") -> Finding:
    """Return a finding that is only to be known."""
    return Finding(Level.INFO, code, message, where)


def place(text: str, offset: int) -> str:
    """Return where an offset lies, as people count: lines and columns from 1."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"
