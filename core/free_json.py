"""JSON that a caller keeps here as it likes: its numbers stay numbers, none is rounded on the way."""

from decimal import Decimal
from typing import Any

from core.exact import NotExact


def as_kept(value: Any) -> Any:
    """Return what was read with exact decimals as it is stored and answered: with floats.

    Raises NotExact for a number that no float holds (0.1234567890123456789, 1e400): any program that reads the answer
    would see another one. Whoever needs its digits writes it as text.
    """
    if isinstance(value, dict):
        return {key: as_kept(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_kept(inner) for inner in value]
    if isinstance(value, Decimal):
        return _float(value)
    return value


def _float(number: Decimal) -> float:
    kept = float(number)
    if Decimal(repr(kept)) != number:
        raise NotExact("A number has more digits, or is larger, than JSON's readers keep; write it as text.")
    return kept
