"""What an alert says of its strategy's position, and whether that fits what came before."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """`position_before` and `position_after` are long, short, flat, or empty where nothing is said.

    Sizes are in base units, not negative, None where nothing is said. `mismatch` is a code, empty where all fits, and
    `mismatch_reason` its sentence. The names are those of the signal's columns.
    """

    position_before: str = ""
    position_after: str = ""
    size_before: Decimal | None = None
    size_after: Decimal | None = None
    fired_at: datetime | None = None
    mismatch: str = ""
    mismatch_reason: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """Return it as a signal's columns."""
        return {**asdict(self), "mismatch_reason": self.mismatch_reason[:300]}


NOTHING_SAID = Said()
