"""What became of signals, account by account."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from accounts.models import User
from trading.models import Order, Outcome, Signal


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a signal on one account; `timings` are milliseconds since its batch began, by leg and step."""

    account_id: UUID
    account_name: str
    status: str
    code: str
    reason: str
    order_ids: list[UUID]
    quantity: Decimal | None
    average_price: Decimal | None
    timings: dict[str, dict[str, int]]


def results_of(signal: Signal, *, seen_by: User | None = None) -> list[Result]:
    """Return one result per account of a signal, those only that `seen_by` may read where it is given."""
    outcomes = Outcome.objects.filter(signal=signal).select_related("account").order_by("account__name", "account")
    if seen_by is not None:
        outcomes = outcomes.visible_to(seen_by)
    order_ids = _order_ids(signal)
    return [_result(outcome, order_ids[outcome.account_id]) for outcome in outcomes]


def _order_ids(signal: Signal) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for account_id, order_id in Order.objects.filter(signal=signal).order_by("leg").values_list("account", "id"):
        found[account_id].append(order_id)
    return found


def _result(outcome: Outcome, order_ids: list[UUID]) -> Result:
    return Result(
        account_id=outcome.account_id,
        account_name=outcome.account.name,
        status=outcome.status,
        code=outcome.code,
        reason=outcome.reason,
        order_ids=order_ids,
        quantity=outcome.quantity,
        average_price=outcome.average_price,
        timings=outcome.timings,
    )
