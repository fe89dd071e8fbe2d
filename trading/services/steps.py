"""Refuses a number that a caller gives and that is on no step: a size off its lot, a price off its tick."""

from collections.abc import Mapping
from decimal import Decimal

from core.errors import Invalid
from core.exact import plain
from trading.engine.prices import round_down

Steps = Mapping[str, tuple[Decimal | None, Decimal, str]]


def off_their_steps(steps: Steps) -> dict[str, list[str]]:
    """Return what is wrong with values that are no multiple of their step, by the name of their field; None is none."""
    return {
        name: [f"{plain(value)} is not a multiple of the {word}, {plain(step)}."]
        for name, (value, step, word) in steps.items()
        if value is not None and round_down(value, step) != value
    }


def check_steps(steps: Steps) -> None:
    """Ask that each value is a multiple of its step. Raises Invalid naming all that are not."""
    errors = off_their_steps(steps)
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)
