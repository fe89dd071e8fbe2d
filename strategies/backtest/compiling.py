"""How functions are compiled here, and where their machine code is kept from one process to the next.

Compiled code holds copies of the engine's formulas, and numba looks only at the file of the function itself when it
asks whether what it kept is still right. So it is kept in a folder named after all sources that may be in it: a folder
of NUMBA_CACHE_DIR, or of the data folder's `cache`; where neither can be written, nothing is kept. Any number of
processes may share it: numba writes a file under another name first.
"""

import hashlib
import operator
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types
from numba.extending import lower_builtin, register_jitable

from trading.engine import exits, metrics, money, noise, prices, sizing

_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ("trading/engine", "strategies")
# Python's own // is exact for quotients up to here and beyond; what comes after is left to it.
_EXACT = 2**50

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return the function compiled at its first call, for numbers and arrays; it lets other threads run meanwhile.

    It becomes part of compiled functions that call it: to hand over arrays and tuples costs more than what most do.
    Division by zero gives infinity or NaN, as in numpy: nobody who calls it divides by zero.
    """
    made: Any = numba.njit(cache=_IS_KEPT, nogil=True, error_model="numpy", inline="always")(function)
    return cast(Function, made)


def _digest() -> str:
    """Return what names all sources that compiled code may have been made of, and the compiler."""
    told = hashlib.sha256(numba.__version__.encode())
    for folder in _SOURCES:
        for file in sorted((_ROOT / folder).rglob("*.py")):
            if not {"tests", "migrations"} & set(file.parts):
                told.update(file.name.encode())
                told.update(file.read_bytes())
    return told.hexdigest()[:16]


def _keep() -> bool:
    """Choose the folder and make it; return whether it can be written."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    data = Path(os.environ.get("DATA_DIR") or _ROOT / "data")
    folder = (Path(named) if named else data / "cache" / "numba") / _digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return os.access(folder, os.W_OK)


def _floor_divided(number: float, step: float) -> float:
    """Return number // step as Python does, which asks fmod: that takes longer than all else of a rounding to ticks.

    A quotient that is no integer lies between the two that the exact one lies between; one that is may have been
    rounded up to it.
    """
    quotient = number / step
    floor = np.floor(quotient)
    if floor != quotient and abs(quotient) < _EXACT:
        return floor
    return divmod(number, step)[0]


@lower_builtin(operator.floordiv, types.float64, types.float64)
def _floor_divide(context: Any, builder: Any, signature: Any, numbers: Any) -> Any:
    return context.compile_internal(builder, _floor_divided, signature, numbers)


_IS_KEPT = _keep()

for _module in (exits, metrics, money, noise, prices, sizing):
    for _function in vars(_module).values():
        if callable(_function) and _function.__module__ == _module.__name__:
            register_jitable(_function)
