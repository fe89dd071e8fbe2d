"""What parameters a rule takes: numbers made ints and floats, defaults filled in, the schema and the rule asked."""

import math
import sys
from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from core.errors import Invalid
from strategies.rule import RAISED, Rule, RuleFailed

_MUST_BE = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "const": "{}",
    "minLength": "at least {} characters long",
    "maxLength": "at most {} characters long",
    "minItems": "at least {} long",
    "maxItems": "at most {} long",
    "pattern": "like {}",
}
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def whole_parameters(rule: Rule, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for and the defaults of the rest, as JSON has them, in the order of the rule's own.

    Raises Invalid, each parameter that is wrong named as `parameters.<name>`, and RuleFailed where the rule's own
    objection raises.
    """
    if not isinstance(asked, Mapping):
        raise refused({"parameters": ["Parameters must be an object."]})
    wrong = {f"parameters.{name!s:.80}": [unknown_of(rule, name)] for name in asked if name not in rule.parameters}
    parameters = {}
    for name, schema in rule.parameters.items():
        given = asked[name] if name in asked else schema.get("default")
        parameters[name], sentences = checked_value(name, given, schema)
        if sentences:
            wrong[f"parameters.{name}"] = sentences
    if wrong:
        raise refused(wrong)
    if objection := objection_of(rule, parameters):
        raise refused({"parameters": [objection]})
    return parameters


def checked_value(name: str, value: Any, schema: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """Return a parameter's value as its schema has it, and a sentence for each way in which it is not."""
    plain = _plain(value, schema)
    return plain, _faults(name, plain, schema)


def wanted_words(schema: Mapping[str, Any]) -> str:
    """Return in words what a value must be: "a whole number, at least 1, at most 50"."""
    bounds = [form.format(schema[name]) for name, form in _MUST_BE.items() if name in schema]
    among = [f"one of {', '.join(map(str, schema['enum']))}"] if "enum" in schema else []
    return ", ".join([_type_of(schema), *among, *bounds])


def objection_of(rule: Rule, parameters: Mapping[str, Any]) -> str:
    """Return what the rule itself says against whole parameters, nothing where it says nothing. Raises RuleFailed."""
    try:
        return rule.objection(parameters)
    except RAISED as error:
        raise RuleFailed.raised(f"The objection of {rule.name}", error) from error


def unknown_of(rule: Rule, name: object) -> str:
    """Say that a rule has no such parameter, and which it has."""
    known = f"it has {', '.join(rule.parameters)}" if rule.parameters else "it has none"
    return f"{rule.name} has no parameter {name!s:.80}; {known}."


def refused(wrong: dict[str, list[str]]) -> Invalid:
    """Return the refusal of what is wrong, field by field."""
    return Invalid(" ".join(sentence for sentences in wrong.values() for sentence in sentences)[:1000], errors=wrong)


def _faults(name: str, value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each way in which a value is not what its schema asks for."""
    not_finite = [f"{name} must be {_type_of(schema)}, and finite."]
    if not _is_finite(value):
        return not_finite
    try:
        found = list(Draft202012Validator(schema).iter_errors(value))
    except OverflowError:  # a whole number that no float holds, asked whether it is a multiple of a float
        return not_finite
    told = [f"{name} must be {_wanted(error)}." for error in found]
    return list(dict.fromkeys(told)) or ([] if _is_held(value) else not_finite)


def _wanted(error: ValidationError) -> str:
    bound = error.validator_value
    if error.validator == "type":
        return _type_of({"type": bound})
    if error.validator == "enum":
        return f"one of {', '.join(map(str, bound))}"
    if form := _MUST_BE.get(str(error.validator)):
        return form.format(bound)
    return f"as its schema says: {error.message[:200]}"


def _type_of(schema: Mapping[str, Any]) -> str:
    types = schema.get("type", "a value")
    return " or ".join(_TYPES.get(name, name) for name in ([types] if isinstance(types, str) else types))


def _plain(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a value whose numbers are ints and floats: 10.0 is a whole number, and 10 is a number, 10.0."""
    if isinstance(value, list | tuple):
        inner = schema.get("items")
        return [_plain(item, inner if isinstance(inner, Mapping) else {}) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item, {}) for key, item in value.items()}
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return value
    return _number(value, schema.get("type"))


def _number(value: Any, wanted: Any) -> int | float:
    if isinstance(value, Integral):
        exact = int(value)
        return exact if wanted != "number" or abs(exact) > 2**53 else float(exact)
    number = float(value)
    return int(number) if wanted == "integer" and number.is_integer() and abs(number) <= 2**53 else number


def _is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_finite, value))
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, float) or math.isfinite(value)


def _is_held(value: Any) -> bool:
    """Say whether a float holds a number, if it is one: to a rule it is none otherwise."""
    return not isinstance(value, int) or abs(value) <= sys.float_info.max
