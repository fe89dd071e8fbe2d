"""The demo desk's backtest: a strategy of its owner's, run over the last four months of the synthetic market."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from accounts.models import User
from core.clock import Clock
from core.jobs.queue import take
from core.jobs.running import run_job
from market.intervals import Interval
from market.selectors.instruments import find_instrument
from strategies.models import Backtest, Strategy
from strategies.services.asked import AskedRun
from strategies.services.backtests import create_backtest
from strategies.services.strategies import create_strategy

STRATEGY_NAME = "Demo reversion"
# It is there from the start, and its candles are computed whatever the source of prices.
SYMBOL = "BTC-USD"
SPAN = timedelta(days=120)
_CONFIG = {
    "initial_capital": Decimal(10_000),
    "mode": "percent_equity",
    "size": Decimal(50),
    "slippage_model": "size_relative",
    "leverage": 2,
    "seed": 7,
    "allow_gaps": False,
}


def has_demo_strategy(owner: User) -> bool:
    """Say whether it was made before, deleted since or not."""
    return Strategy.objects.filter(owner=owner, name=STRATEGY_NAME).exists()


def make_demo_backtest(owner: User, *, clock: Clock) -> Backtest:
    """Make the strategy and its backtest and run that, at once and in this process's time, by its job."""
    now = clock()
    strategy = create_strategy(
        owner=owner,
        name=STRATEGY_NAME,
        description="Against what went too far: the synthetic market comes back, a real one need not.",
        rule="rsi_reversion",
        parameters={"short": True},
        now=now,
    )
    end = now.replace(minute=0, second=0, microsecond=0)
    asked = AskedRun(
        owner=owner,
        strategy=strategy,
        instrument=find_instrument(SYMBOL),
        interval=Interval.H1,
        start=end - SPAN,
        end=end,
        config=_CONFIG,
    )
    backtest = create_backtest(asked, parameters={}, now=now)
    job = take(backtest.job.pk, now=now) if backtest.job else None
    if job is not None:
        with _environment({"NUMBA_DISABLE_JIT": "1"}):  # three thousand candles are over before they were compiled
            run_job(job, clock=clock)
    return backtest


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Give child processes other variables for as long as a block runs."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
