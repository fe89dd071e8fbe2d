"""For researchers: a backtest as one function on numpy arrays or a pandas frame; no database, no settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid
from market.candles.series import COLUMNS, CandleSeries, Floats
from market.intervals import Interval
from strategies.backtest.metrics import Figure, summarise
from strategies.backtest.results import BacktestResult
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.rule import Parameters, Rule, checked_targets

_DEFAULTS: Mapping[str, Any] = {
    "initial_balance": 10_000.0,
    "mode": "percent_equity",
    "value": 0.95,
    "max_leverage": 100.0,
}


@dataclass(frozen=True, slots=True)
class Study:
    """A backtest with its figures by name, ratios as fractions, and the targets (n,) and candles it was run on."""

    result: BacktestResult
    metrics: dict[str, Figure]
    targets: Floats
    candles: CandleSeries


def backtest(
    candles: Any,
    rule: Rule | Callable[..., Floats] | Any,
    parameters: Parameters | None = None,
    *,
    interval: str | None = None,
    first: int = 0,
    now: datetime | None = None,
    **settings: Any,
) -> Study:
    """Run a rule, a function of candles and `parameters`, or an array of targets (n,) on n candles.

    `candles` is a CandleSeries, a mapping of arrays or a pandas frame with open, high, low, close in quote currency,
    volume where there is one, and `opened_at`: milliseconds UTC, datetime64, or the frame's index. `interval` ("1m",
    "1d"…) is read off the times where it is not given. Targets are from -1 to 1; what one of candle t wants is traded
    at the open of t + 1. `settings` are fields of RunSettings, of its Costs and Sizing (`mode`, `value`), and of
    Market; without any, 95 % of equity is traded free of cost. Raises Invalid for what makes no sense, TypeError for
    a setting that is none, and whatever the function raises.
    """
    series = as_series(candles, interval=interval)
    market, how = _settings(settings)
    targets = _targets(rule, series, dict(parameters or {}))
    result = run_backtest(series, targets, market=market, settings=how, first=first, now=now)
    return Study(result, summarise(result), targets, series)


def as_series(candles: Any, *, interval: str | None = None) -> CandleSeries:
    """Return candles in the form that rules take. Raises Invalid for columns that lack or differ in length."""
    if isinstance(candles, CandleSeries):
        return candles
    columns = {str(name).lower(): candles[name] for name in getattr(candles, "columns", candles)}
    times = columns.get("opened_at", getattr(candles, "index", None))
    lacking = [name for name in ("open", "high", "low", "close") if name not in columns]
    if lacking or times is None:
        raise Invalid(f"Candles lack {', '.join(lacking or ['opened_at'])}.", code="INVALID_CANDLES")
    opened_at = _milliseconds(times)
    columns.setdefault("volume", np.zeros(len(opened_at)))
    arrays = [np.ascontiguousarray(columns[name], dtype=np.float64) for name in COLUMNS]
    if any(array.shape != opened_at.shape for array in arrays):
        raise Invalid("Candles are arrays of one length.", code="INVALID_CANDLES")
    return CandleSeries(_interval(opened_at, interval), opened_at, *arrays)


def _milliseconds(times: Any) -> NDArray[np.int64]:
    """Return times as milliseconds; those of a frame with a time zone, in UTC."""
    if getattr(times, "tz", None) is not None:
        times = times.tz_convert(None)
    array = np.asarray(times)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ms]").astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1 or not (np.diff(array) > 0).all():
        raise Invalid("Candles open at ascending times: milliseconds UTC or datetime64.", code="INVALID_CANDLES")
    return np.ascontiguousarray(array, dtype=np.int64)


def _interval(opened_at: NDArray[np.int64], named: str | None) -> Interval:
    """Return the interval that is named, or that lies between the two nearest candles."""
    if named is not None:
        return Interval(named)
    seconds = int(np.diff(opened_at).min()) / 1_000 if len(opened_at) > 1 else 0
    for interval in Interval:
        if interval.seconds == seconds:
            return interval
    raise Invalid(f"No interval is {seconds:g} seconds long; name one.", code="INVALID_INTERVAL")


def _settings(given: Mapping[str, Any]) -> tuple[Market, RunSettings]:
    """Share the settings out over what they are fields of."""
    wanted = {**_DEFAULTS, **given}
    parts = {part: {field.name for field in fields(part)} for part in (Market, Costs, Sizing, RunSettings)}
    unknown = wanted.keys() - set().union(*parts.values()) | wanted.keys() & {"sizing", "costs"}
    if unknown:
        raise TypeError(f"backtest() knows no setting {', '.join(sorted(unknown))}")
    market, costs, sizing, rest = (
        {name: value for name, value in wanted.items() if name in names} for names in parts.values()
    )
    return Market(**market), RunSettings(sizing=Sizing(**sizing), costs=Costs(**costs), **rest)


def _targets(rule: Any, candles: CandleSeries, parameters: dict[str, Any]) -> Floats:
    if isinstance(rule, Rule):
        defaults = {name: schema["default"] for name, schema in rule.parameters.items() if "default" in schema}
        return rule.decide(candles, defaults | parameters)
    told = rule(candles, **parameters) if callable(rule) else np.asarray(rule)
    return checked_targets(told, len(candles))
