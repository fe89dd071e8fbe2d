"""How PostgreSQL writes an array ({1,NULL,"a b"}), so that one string goes over the wire.

The driver's own way through a list costs as much as an insert of it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

Writers = Mapping[type, Callable[[Any], str]]


def quoted(text: str) -> str:
    """Return a text as an element of an array."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


PLAIN: Writers = {
    type(None): lambda _: "NULL",
    str: quoted,
    int: str,
    bool: lambda value: "t" if value else "f",
    Decimal: str,
    UUID: lambda value: value.hex,
    datetime: datetime.isoformat,
}


def array_text(values: Sequence[Any], writers: Writers = PLAIN) -> Any:
    """Return values as one array; as a list, which the driver writes, where there is a type without a writer."""
    kinds = set(map(type, values))
    if not kinds <= writers.keys():
        return list(values)
    return f"{{{','.join([writers[type(value)](value) for value in values])}}}"
