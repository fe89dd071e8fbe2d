"""What `manage.py backtest` runs: a rule or a strategy, on candles of the desk or of a file; nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from config.management.candle_file import candles_of_file
from core.errors import Invalid, Missing
from market.candles.book import candle_book
from market.candles.series import CandleSeries
from market.catalogue import INSTRUMENTS
from market.intervals import Interval
from market.kinds import Kind
from market.models import Instrument
from market.symbols import own_names
from strategies.backtest.metrics import summarise
from strategies.backtest.run import Progress, run_backtest
from strategies.catalogue import find_rule, warm_up_of
from strategies.models import Strategy
from strategies.parameters import whole_parameters
from strategies.report.candles import holes_told
from strategies.report.subject import Subject, coverage_of, moment_of
from strategies.report.terms import terms_told
from strategies.rule import Rule
from strategies.run_settings import settings_of, whole_settings
from strategies.selectors.candles import CandlesMissing, RunCandles, candles_of_run, check_candles, span_between
from strategies.selectors.instruments import named_instrument

# Of a file whose instrument nobody knows: steps too small to matter, no costs but those that are asked for.
_UNKNOWN: Mapping[str, Any] = {
    "name": "Candles of a file",
    "venue": "paper",
    "kind": Kind.SPOT,
    "quote": "",
    "settle": "",
    "tick_size": "0.00000001",
    "lot_size": "0.00000001",
    "min_quantity": "0",
    "min_notional": "0",
    "max_leverage": 100,
    "spread": "0",
    "slippage": "0",
    "size_unit": "1",
    "commission_rate": "0",
    "min_commission": "0",
    "maintenance_margin_rate": "0",
    "allows_short": True,
}
# What of a run is behind when its candles are read, and when the rule has decided.
_READ, _DECIDED = 0.7, 0.8


@dataclass(frozen=True, slots=True)
class CommandRun:
    """A run as the command line asks for it; `rule` or `strategy` is given, and `symbol` or `file`."""

    rule: str | None
    strategy: str | None
    user: str | None
    parameters: Mapping[str, Any]
    symbol: str
    category: str | None
    interval: Interval
    start: datetime | None
    end: datetime | None
    file: Path | None
    config: Mapping[str, Any]


def finished_run(asked: CommandRun, *, now: datetime, version: str, progress: Progress) -> Subject:
    """Run it and return it as a report tells it. `progress` is told the share that is done.

    Raises what the API refuses too: UnknownRule, Invalid naming what is wrong, CandlesMissing, RuleFailed.
    """
    strategy = _strategy(asked) if asked.strategy else None
    rule = find_rule(strategy.rule if strategy else asked.rule or "")
    parameters = whole_parameters(rule, {**(strategy.parameters if strategy else {}), **asked.parameters})
    instrument = _instrument_of_file(asked) if asked.file else named_instrument(asked.symbol, asked.category)
    settings = whole_settings(asked.config, instrument)
    candles = _candles(asked, instrument, warm_up=warm_up_of(rule.name, parameters), now=now, progress=progress)
    progress(_READ)
    return _run(
        rule,
        parameters,
        candles,
        settings=settings,
        instrument=instrument,
        title=strategy.name if strategy else rule.title,
        source=asked.file.name if asked.file else f"{instrument.source}, as this desk has them",
        version=version,
        now=now,
        progress=progress,
    )


def _run(
    rule: Rule,
    parameters: Mapping[str, Any],
    candles: RunCandles,
    *,
    settings: Mapping[str, Any],
    instrument: Instrument,
    title: str,
    source: str,
    version: str,
    now: datetime,
    progress: Progress,
) -> Subject:
    targets = rule.decide(candles.series, parameters)
    progress(_DECIDED)
    market, terms = settings_of(settings)
    result = run_backtest(
        candles.series,
        targets,
        market=market,
        settings=terms,
        first=candles.first,
        now=now,
        on_progress=lambda share: progress(_DECIDED + (1 - _DECIDED) * share),
    )
    return Subject(
        title=title,
        rule=rule.name,
        parameters=parameters,
        symbol=instrument.symbol,
        currency=instrument.settle,
        interval=candles.series.interval,
        source=source,
        candles=candles.series,
        result=result,
        metrics=summarise(result),
        terms=tuple(terms_told(market, terms, currency=instrument.settle)),
        seed=terms.seed,
        version=version,
        made_at=now,
    )


def _strategy(asked: CommandRun) -> Strategy:
    """Return the living strategy of a slug, of the user who is named. Raises Missing, Invalid."""
    found = Strategy.objects.living().filter(slug=asked.strategy).select_related("owner")
    if asked.user:
        found = found.filter(owner__username=asked.user)
    strategies = list(found[:2])
    if not strategies:
        raise Missing(f"There is no strategy {asked.strategy!r}{f' of {asked.user}' if asked.user else ''}.")
    if len(strategies) > 1:
        raise Invalid(f"Several people have a strategy {asked.strategy!r}: name one of them with --user.")
    if not strategies[0].rule:
        raise Invalid(f"The strategy {asked.strategy!r} has no rule: it is decided on elsewhere.")
    return strategies[0]


def _instrument_of_file(asked: CommandRun) -> Instrument:
    """Return the instrument that a file's candles are of, as it is at the start of every desk: no database is asked."""
    names = set(own_names(asked.symbol)) if asked.symbol else set()
    known = next((values for values in INSTRUMENTS if values["symbol"] in names), None)
    values = known or {**_UNKNOWN, "symbol": asked.symbol or (asked.file or Path()).stem[:32], "base": ""}
    columns = {field.name: field for field in Instrument._meta.concrete_fields}
    return Instrument(**{name: columns[name].to_python(value) for name, value in values.items()})


def _candles(
    asked: CommandRun, instrument: Instrument, *, warm_up: int, now: datetime, progress: Progress
) -> RunCandles:
    if asked.file is not None:
        series = candles_of_file(asked.file, asked.interval, now=now, progress=lambda share: progress(_READ * share))
        return _within(series, asked, warm_up=warm_up)
    start, end = _span(asked, instrument, now=now)
    span = span_between(asked.interval, start=start, end=end, now=now)
    check_candles(instrument, span, may_lack=asked.config["allow_gaps"], now=now)
    return candles_of_run(instrument, span, warm_up=warm_up, now=now)


def _span(asked: CommandRun, instrument: Instrument, *, now: datetime) -> tuple[datetime, datetime]:
    """Return start and end, those that are not given being the first candle and the last one that is over."""
    if asked.start and asked.end:
        return asked.start, asked.end
    runs = candle_book(instrument, asked.interval, now=now).runs
    if not runs:
        raise Invalid(f"There are no candles of {instrument.symbol} {asked.interval.value} here: import or fetch some.")
    first, end = moment_of(asked.interval, runs[0].first), moment_of(asked.interval, runs[-1].end)
    return asked.start or first, asked.end or end


def _within(series: CandleSeries, asked: CommandRun, *, warm_up: int) -> RunCandles:
    """Return the candles of a file from start to end behind those that a rule warms up on, where the file has some."""
    edges = [asked.start, asked.end]
    first, end = (None if edge is None else int(edge.timestamp() * 1_000) for edge in edges)
    begin = 0 if first is None else int(np.searchsorted(series.opened_at, first))
    stop = len(series) if end is None else int(np.searchsorted(series.opened_at, end))
    if stop - begin < 2:
        raise Invalid("The file holds fewer than two candles between start and end.", code="NO_CANDLES")
    coverage = coverage_of(series.opened_at[:stop], series.interval, warm_up=begin)
    if coverage.holes and not asked.config["allow_gaps"]:
        said = f"{coverage.lacking:,} candles are missing in the file. Complete it, or give --allow-gaps."
        raise CandlesMissing(f"{said} {holes_told(coverage)}.", field="csv", gaps=coverage.holes)
    leading = max(0, begin - warm_up)
    return RunCandles(series.cut(slice(leading, stop)), begin - leading)
