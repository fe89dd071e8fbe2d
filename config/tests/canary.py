"""Finds a secret again in whatever it was put: as it is, and in the spellings that programs write."""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from django.db import connection


def spellings(secret: str) -> set[str]:
    """Return the secret as it is, percent-encoded, escaped for JSON, Python and HTML, in hex and in base64."""
    raw = secret.encode()
    return {
        *(secret, quote(secret, safe=""), quote(secret), quote_plus(secret), raw.hex(), html.escape(secret)),
        *(json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(json.dumps(secret))[3:-3]),
        *(repr(secret)[1:-1], repr(raw)[2:-1], raw.decode("latin-1")),
        *(json.dumps(repr(secret))[2:-2], json.dumps(repr(raw))[3:-2]),
        *_base64_inside(raw),
    }


def _base64_inside(raw: bytes) -> Iterator[str]:
    """Yield what base64 makes of the secret wherever it begins in a text: without the signs its neighbours share."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inside = coded[2 if before == 1 else 3 if before == 2 else 0 : -1]
        yield inside
        yield inside.replace("+", "-").replace("/", "_")


@dataclass
class Canaries:
    """Secrets by what they are, and what was answered and sent."""

    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str, set[str]]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def add(self, name: str, secret: str) -> str:
        assert len(secret) >= 12, "too short to be found by accident only"
        self.secrets[name] = secret
        return secret

    def heard(self, what: str, answer: Any, *, may_show: Iterable[str] = ()) -> Any:
        """Keep an answer; `may_show` names the secrets that are shown in this one, once."""
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        self.answers.append((f"{what} ({answer.status_code})", f"{headers}\n{body.decode()}", set(may_show)))
        return answer

    def in_text(self, text: str, *, but: Iterable[str] = ()) -> list[str]:
        """Return the names of the secrets that a text shows."""
        looked_for = {name: secret for name, secret in self.secrets.items() if name not in set(but)}
        return [name for name, secret in looked_for.items() if any(known in text for known in spellings(secret))]

    def in_answers(self) -> list[tuple[str, list[str]]]:
        shown = [(what, self.in_text(text, but=may_show)) for what, text, may_show in self.answers]
        return [(what, names) for what, names in shown if names]

    def in_tables(self) -> list[tuple[str, list[str]]]:
        shown = [(table, self.in_text(text)) for table, text in _tables()]
        return [(table, names) for table, names in shown if names]


def _tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield table, "\n".join(_shown(value) for row in cursor.fetchall() for value in row)


def _shown(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
