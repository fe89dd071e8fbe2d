"""Every operation of the schema with a request that it would take: what is new is covered by itself."""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from drf_spectacular.generators import SchemaGenerator

WRITING = ("post", "put", "patch", "delete")
# These may not come twice: what a test does not put something into goes without them.
ONCE = {"client_order_id", "reference"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `fields` are the plain values of its body, `names` what it takes elsewhere.

    Of each tuple in `either` a body has one name.
    """

    method: str
    path: str
    ids: Mapping[str, str]
    names: dict[str, tuple[str, ...]]
    fields: dict[str, Any]
    either: list[tuple[str, ...]]

    def address(self, **hostile: str) -> str:
        """Return its path, filled with what there is, or with what a test puts in place of it."""
        filled = {name: self.ids.get(name, "BTCUSDT") for name in self.names["path"]}
        quoted = {name: quoted_bytes(text) for name, text in (filled | hostile).items()}
        return self.path.format(**quoted)

    def body(self, field: str, value: str) -> bytes:
        """Return its body as JSON, with one field as a test writes it: JSON cannot say all that a test may."""
        top = field.partition(".")[0]
        left_out = {name for names in self.either for name in names if name != (top if top in names else names[0])}
        left_out |= ONCE - {top}
        plain = {name: value for name, value in self.fields.items() if name not in left_out}
        return _object(plain, field.split("."), value).encode()


@functools.cache
def the_schema() -> Any:
    """Return the schema of the whole API: nobody changes it."""
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(ids: Mapping[str, str]) -> list[Operation]:
    """Read the schema; `ids` are what there is, by the names of parameters and of fields."""
    return [
        _operation(the_schema(), path, method, said, ids)
        for path, methods in the_schema()["paths"].items()
        for method, said in methods.items()
    ]


def paths_of(fields: dict[str, Any], before: str = "") -> Iterator[str]:
    """Yield the fields of a body, and those inside of an object as `object.field`."""
    for name, plain in fields.items():
        yield f"{before}{name}"
        if isinstance(plain, dict):
            yield from paths_of(plain, f"{before}{name}.")


def quoted_bytes(text: str) -> str:
    """Return a text as an address holds it, surrogates and NUL too."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _object(plain: dict[str, Any], path: list[str], value: str) -> str:
    name, *inner = path
    texts = {each: json.dumps(other) for each, other in plain.items()}
    texts[name] = _object(plain[name], inner, value) if inner else value
    return f"{{{', '.join(f'{json.dumps(each)}: {text}' for each, text in texts.items())}}}"


def _operation(
    schema: dict[str, Any], path: str, method: str, said: dict[str, Any], ids: Mapping[str, str]
) -> Operation:
    parameters = said.get("parameters", [])
    names = {
        place: tuple(each["name"] for each in parameters if each["in"] == place)
        for place in ("path", "query", "header")
    }
    content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = _resolved(schema, content.get("schema", {}))
    either = [tuple(choice["required"][0] for choice in rule["oneOf"]) for rule in body.get("allOf", [])]
    return Operation(method, path, ids, names, _plain_fields(schema, body, ids), either)


def _plain_fields(schema: dict[str, Any], part: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    part = _resolved(schema, part)
    return {name: _plain(schema, name, inner, ids) for name, inner in part.get("properties", {}).items()}


def _plain(schema: dict[str, Any], name: str, part: dict[str, Any], ids: Mapping[str, str]) -> Any:
    """Return a value that a field takes: what there is under its name, its default, or the least it documents."""
    part = _resolved(schema, part)
    if name in ids:
        return ids[name]
    if part.get("default"):
        return part["default"]
    if "enum" in part:
        return part["enum"][0]
    least = {
        "object": _plain_fields(schema, part, ids),
        "array": [ids["account_id"]],
        "integer": part.get("minimum", 1),
        "number": 1,
        "boolean": True,
        "string": "1",
    }
    return least[part.get("type", "string")]


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and a choice to its first member."""
    if "$ref" in part:
        return _resolved(schema, schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    inner = part.get("oneOf") or part.get("anyOf") or (part.get("allOf") if "properties" not in part else None)
    return {**part, **_resolved(schema, inner[0])} if inner else part
