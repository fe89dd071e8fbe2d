"""Finds backtests for who asks, and what they left behind."""

from uuid import UUID

from accounts import rights
from accounts.models import User
from core.errors import Conflict, Missing
from strategies.backtest.files import unpack
from strategies.backtest.results import BacktestResult
from strategies.models import Backtest, BacktestArrays
from strategies.models.backtests import RunQuerySet


class BacktestMissing(Missing):
    """No such backtest, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such backtest.")


class NotFinished(Conflict):
    """The backtest has no results: it is not over, or it failed or was cancelled."""

    code = "NOT_FINISHED"


def told_backtests() -> RunQuerySet[Backtest]:
    """Return living backtests, the newest first, with their instruments and how far they are."""
    return Backtest.objects.living().told().select_related("instrument")


def readable_backtest(user: User, backtest_id: UUID) -> Backtest:
    """Return a living backtest that `user` may read. Raises BacktestMissing."""
    return rights.readable(told_backtests(), user, backtest_id, missing=BacktestMissing())


def writable_backtest(user: User, backtest_id: UUID) -> Backtest:
    """Return a living backtest that `user` may change. Raises BacktestMissing."""
    return rights.writable(told_backtests(), user, backtest_id, missing=BacktestMissing())


def result_of(backtest: Backtest) -> BacktestResult | None:
    """Return the arrays that a backtest left, None where it has none: one statement."""
    data = BacktestArrays.objects.filter(backtest=backtest.pk).values_list("data", flat=True).first()
    return None if data is None else unpack(bytes(data))


def finished_result_of(backtest: Backtest) -> BacktestResult:
    """Return the arrays that a backtest left. Raises NotFinished."""
    result = result_of(backtest)
    if result is None:
        raise NotFinished(f"The backtest is {backtest.status}: there are no results.")  # type: ignore[attr-defined]
    return result
