"""What is done to many at once, so that the trouble of one is its own: what fails is halved until it is alone."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import OperationalError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_halves(
    items: Sequence[Item], work: Callable[[Sequence[Item]], Result], *, alone: Callable[[Item, Exception], Result]
) -> list[Result]:
    """Return what `work` makes of the items, of all at once where it does not fail; in their order.

    Of an item that fails by itself `alone` tells, given its failure: it logs it, or raises. Raises OperationalError:
    the database is away, and nothing is known of any.
    """
    try:
        return [work(items)]
    except OperationalError:
        raise
    except Exception as error:
        if not items:
            raise
        if len(items) == 1:
            return [alone(items[0], error)]
    half = len(items) // 2
    return [*in_halves(items[:half], work, alone=alone), *in_halves(items[half:], work, alone=alone)]
