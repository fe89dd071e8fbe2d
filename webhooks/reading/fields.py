"""The fields of one alert, sorted by what they mean: which one counts where several say the same, what is left over."""

import json
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.errors import Invalid
from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.json_alert import bare_name
from webhooks.reading.synonyms import ANYWHERE, CONTAINERS, FLAGS, Field, Names
from webhooks.secrets import holds_secret

LONGEST_SHOWN = 40
LONGEST_LABEL = 60

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}*|\}\}")
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})
_NO_NAMES: Names = {}
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

Read = TypeVar("Read", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field as it stood in the alert: its path, how deep it lay (0 is the top), its name's rank, its text."""

    meaning: Field
    label: str
    depth: int
    rank: int
    text: str

    def refused(self, why: str) -> Unreadable:
        """Return the refusal of this field; `why` goes on after the field's name and ends without a full stop."""
        return Unreadable(self.meaning.reason, f"{self.label} {why}.")

    def number(self, parse: Callable[[str], Read]) -> Read:
        """Return what `parse` makes of the text. Raises Unreadable: NOT_FINITE, or the field's own code."""
        if self.text.lstrip("+-").lower() in _NOT_FINITE:
            raise Unreadable(Reason.NOT_FINITE, f"{self.label} is {self.text}, which is not a number.")
        try:
            return parse(self.text)
        except Invalid as error:
            raise Unreadable(self.meaning.reason, f"{self.label}: {error.message}") from error

    def __str__(self) -> str:
        return f"{self.label} says {shown(self.text)}"


@dataclass(slots=True)
class Found:
    """All fields of one alert by meaning; `extra` are those of no use here, by path, without secrets."""

    entries: dict[Field, list[Entry]] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    def all(self, *meanings: Field) -> list[Entry]:
        """Return the fields that mean this, the top of the alert first, then by preference of name."""
        found = [entry for meaning in meanings for entry in self.entries.get(meaning, ())]
        return sorted(found, key=lambda entry: (entry.depth, entry.rank))

    def nearest(self, *meanings: Field) -> list[Entry]:
        """Return those of the fields that lie least deep: the top of an alert wins over what is nested in it."""
        found = self.all(*meanings)
        return [entry for entry in found if entry.depth == found[0].depth]


def gather(body: dict[str, Any]) -> Found:
    """Sort the fields of `body` by meaning; null and empty text are absent.

    Raises Unreadable: UNRESOLVED_PLACEHOLDER, or the field's own code where it holds a list or a truth value.
    """
    found = Found()
    for leaf in _leaves(body, ANYWHERE):
        if leaf.meaning is None:
            found.extra[leaf.label] = _as_text(leaf.value)
        elif not _is_blank(leaf.value):
            found.entries.setdefault(leaf.meaning, []).append(_entry(leaf, leaf.meaning))
    return found


def agreed(entries: Sequence[Entry], read: Callable[[Entry], Read]) -> Read | None:
    """Return what all `entries` say once read; None where there are none. Raises Unreadable: CONFLICTING_FIELDS."""
    values = [read(entry) for entry in entries]
    if len(set(values)) > 1:
        raise conflict(entries)
    return values[0] if values else None


def conflict(entries: Sequence[Entry]) -> Unreadable:
    """Return the refusal of fields that disagree, the first three of them named."""
    return Unreadable(Reason.CONFLICTING_FIELDS, f"Fields disagree: {', '.join(map(str, entries[:3]))}.")


def read_flag(entry: Entry) -> bool:
    """Return what a yes-or-no field says. Raises Unreadable: INVALID_FLAG."""
    answer = _FLAGS.get(entry.text.lower())
    if answer is None:
        raise entry.refused(f"says {shown(entry.text)}, which is neither true nor false")
    return answer


def refuse_placeholder(text: str, *, label: str = "The text") -> None:
    """Raises Unreadable, UNRESOLVED_PLACEHOLDER, where `text` holds a placeholder that nobody filled in."""
    placeholder = _PLACEHOLDER.search(text)
    if placeholder:
        raise Unreadable(
            Reason.UNRESOLVED_PLACEHOLDER,
            f"{label} still holds the placeholder {shown(placeholder[0])}, which TradingView did not fill in.",
        )


def shown(text: str) -> str:
    """Return `text` in quotes, printable, and cut where it is long."""
    quoted = repr(text[: LONGEST_SHOWN + 1])
    return quoted if len(quoted) <= LONGEST_SHOWN + 2 else f"{quoted[: LONGEST_SHOWN + 1]}…{quoted[0]}"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One value of the alert that holds no fields of its own; `meaning` is None where its name is not known there."""

    meaning: Field | None
    label: str
    name: str
    depth: int
    value: Any


def _leaves(body: dict[str, Any], names: Names, *, prefix: str = "", depth: int = 0) -> Iterator[_Leaf]:
    for key, value in body.items():
        name, label = bare_name(key), prefix + key
        meaning = names.get(name)
        if value is None or value == "" or holds_secret(key):
            continue
        if isinstance(value, dict) and meaning in {None, Field.HINT}:
            inner = CONTAINERS.get(name, _NO_NAMES) if names is ANYWHERE else _NO_NAMES
            yield from _leaves(value, inner, prefix=f"{label}.", depth=depth + 1)
        elif meaning is Field.HINT and not isinstance(value, str):
            yield _Leaf(None, label, name, depth, value)
        else:
            yield _Leaf(meaning, label, name, depth, value)


def _entry(leaf: _Leaf, meaning: Field) -> Entry:
    label = leaf.label if len(leaf.label) <= LONGEST_LABEL and leaf.label.isprintable() else leaf.name
    rank = meaning.names.index(leaf.name) if leaf.name in meaning.names else 0
    entry = Entry(meaning, label, leaf.depth, rank, _as_text(leaf.value).strip())
    _refuse_unusable(entry, leaf.value)
    return entry


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _refuse_unusable(entry: Entry, value: Any) -> None:
    if not isinstance(value, str) and not (isinstance(value, bool) and entry.meaning in FLAGS):
        raise entry.refused("is neither text nor a number")
    refuse_placeholder(entry.text, label=entry.label)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(_without_secrets(value), ensure_ascii=False)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_secrets(inner) for key, inner in value.items() if not holds_secret(key)}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value
