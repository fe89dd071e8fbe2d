"""JSON as a program must send it: no NaN, NUL, lone surrogate or name twice, no depth that breaks; exact numbers."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

# Far below where Python's recursion ends: what is read here is also stored, copied and written again.
DEEPEST = 64


class StrictJSONParser(JSONParser):
    """Parses `application/json`; numbers with a fraction become Decimals."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        # The body of a request is limited to DATA_UPLOAD_MAX_MEMORY_SIZE; its stream is not.
        return read_json(stream.body if isinstance(stream, HttpRequest) else stream.read())


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises ParseError with a sentence."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
        _check_levels(value)
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeError as error:
        raise ParseError("The body is not valid UTF-8 text.") from error
    except RecursionError as error:
        raise ParseError("The body is nested too deeply.") from error
    except ValueError as error:
        raise ParseError(f"The body is not valid JSON: {error}.") from error
    return value


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]} is out of range") from error


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ValueError(f"a number of {len(text)} characters is out of range") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of {"size": 1, "size": 9} would see two orders."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object names a member twice")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _check_levels(value: Any) -> None:
    """Refuse NUL and what is nested deeper than DEEPEST; level by level, so that no depth breaks this walk."""
    level = [value]
    for _ in range(DEEPEST):
        if any("\x00" in item for item in level if isinstance(item, str)):
            raise ParseError("The body holds a NUL character.")
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise ParseError("The body is nested too deeply.")


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    return item if isinstance(item, list) else ()
