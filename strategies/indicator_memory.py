"""Which indicators are computed once for many runs: those of the candles that a sweep has opened this for.

A sweep of 1,000 pairs of averages needs some sixty averages, not two thousand. Nothing is remembered outside
`remembering`, and inside it only what is computed from the very arrays of its candles: what a rule makes up on the way
would never be asked for again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from market.candles.series import COLUMNS, CandleSeries, Floats

ROOM_BYTES = 96 * 1024 * 1024

Rest = ParamSpec("Rest")
Answer = TypeVar("Answer", Floats, tuple[Floats, ...])


class _Memory:
    """What was computed, by indicator, array and arguments. Once it is full it keeps what it has."""

    def __init__(self, arrays: list[Floats], room_bytes: int) -> None:
        # Held here, so that no other array gets the id of one of them.
        self._arrays = {id(array): array for array in arrays}
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._room_bytes = room_bytes
        self._lock = Lock()

    def answer(self, compute: Callable[[], Answer], values: object, key: tuple[Any, ...]) -> Answer:
        if id(values) not in self._arrays:
            return compute()
        place = (id(values), *key)
        if place not in self._answers:
            answer = compute()
            if not self._takes(answer):
                return answer
            self._answers[place] = answer
        found: Answer = self._answers[place]
        return found

    def _takes(self, answer: Floats | tuple[Floats, ...]) -> bool:
        size = answer.nbytes if isinstance(answer, np.ndarray) else sum(array.nbytes for array in answer)
        with self._lock:
            if size > self._room_bytes:
                return False
            self._room_bytes -= size
            return True


_OPEN: ContextVar[_Memory | None] = ContextVar("remembered_indicators", default=None)


@contextmanager
def remembering(candles: CandleSeries, *, room_bytes: int = ROOM_BYTES) -> Iterator[None]:
    """Remember indicators of these candles until the end of the block, in this context and in copies of it."""
    token = _OPEN.set(_Memory([getattr(candles, name) for name in COLUMNS], room_bytes))
    try:
        yield
    finally:
        _OPEN.reset(token)


def remembered(
    indicator: Callable[Concatenate[Floats, Rest], Answer],
) -> Callable[Concatenate[Floats, Rest], Answer]:
    """Make an indicator one that may be remembered. What it returns may be shared, so nobody can write into it."""

    @wraps(indicator)
    def answer(values: Floats, *args: Rest.args, **named: Rest.kwargs) -> Answer:
        def compute() -> Answer:
            return _locked(indicator(values, *args, **named))

        memory = _OPEN.get()
        if memory is None:
            return compute()
        return memory.answer(compute, values, (indicator.__name__, args, tuple(sorted(named.items()))))

    return answer


def _locked(answer: Answer) -> Answer:
    for array in (answer,) if isinstance(answer, np.ndarray) else answer:
        array.flags.writeable = False
    return answer
