"""One batch on the road: what its steps hand to each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from trading.desk import Desk
from trading.models import Order, Outcome
from trading.tickets import Plan, Proposal


@dataclass(slots=True)
class Batch:
    """How far one batch got. `timings` are milliseconds since the batch began, at the end of each step."""

    desk: Desk
    plan: Plan
    orders: dict[tuple[UUID, str], Order]
    timings: dict[str, int] = field(default_factory=dict)


Propose = Callable[[Desk], Sequence[Proposal]]
Record = Callable[[Batch], Sequence[Outcome]]
