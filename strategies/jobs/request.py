"""What a child process is handed of a run: its candles as a file, its rule, parameters, market and settings as JSON."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from market.intervals import Interval
from strategies.catalogue import warm_up_of
from strategies.child.request import CANDLES, write_candles
from strategies.models import Backtest, Sweep
from strategies.run_settings import settings_of
from strategies.selectors.candles import Span, candles_of_run, check_candles


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The request of a task, and how many candles it is about: those that count, lack, and warm up."""

    request: dict[str, Any]
    coverage: dict[str, int]


def handed_over(run: Backtest | Sweep, folder: Path, *, warm_up: int | None = None, now: datetime) -> HandedOver:
    """Write a run's candles into the folder and return the rest, with room for its rule, or `warm_up`, before them.

    Raises UnknownRule where the rule is gone since, CandlesMissing where candles are.
    """
    interval = Interval(run.interval)
    span = Span(interval, interval.first_from(run.start), interval.first_from(run.end))
    check_candles(run.instrument, span, may_lack=run.settings["allow_gaps"], now=now)
    leading = warm_up_of(run.rule, run.parameters) if warm_up is None else warm_up
    candles = candles_of_run(run.instrument, span, warm_up=leading, now=now)
    write_candles(candles.series, folder / CANDLES)
    market, settings = settings_of(run.settings)
    counted = len(candles.series) - candles.first
    return HandedOver(
        {
            "rule": run.rule,
            "parameters": run.parameters,
            "interval": interval.value,
            "first": candles.first,
            "market": asdict(market),
            "settings": asdict(settings),
        },
        {"count": counted, "missing": span.count - counted, "warm_up": candles.first},
    )
