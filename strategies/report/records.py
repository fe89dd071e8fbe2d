"""A finished run for programs: its figures as JSON, its trades as CSV."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.exact import MONEY_SCALE, PRICE_SCALE, QUANTITY_SCALE, plain
from strategies.backtest.results import EXIT_REASONS
from strategies.report.formats import side
from strategies.report.subject import Subject, moment_of

HEADER = "number,side,size,entry_price,exit_price,opened_at,closed_at,pnl,fee,funding,exit_reason\n"


def report_json(subject: Subject) -> str:
    """Return what went in and what came out, times in ISO 8601 UTC; ratios are fractions, drawdown negative."""
    coverage, told = subject.coverage, subject.result
    holes = [[_iso(moment_of(coverage.interval, number)) for number in hole] for hole in coverage.holes]
    record: dict[str, Any] = {
        "title": subject.title,
        "rule": subject.rule,
        "parameters": dict(subject.parameters),
        "symbol": subject.symbol,
        "interval": subject.interval.value,
        "start": _iso(coverage.opens_at),
        "end": _iso(coverage.closes_at),
        "settings": dict(subject.terms),
        "seed": subject.seed,
        "metrics": dict(subject.metrics),
        "totals": dict(told.totals),
        "refusals": dict(told.refusals),
        "candles": {
            "count": coverage.candles,
            "warm_up": coverage.warm_up,
            "lacking": coverage.lacking,
            "gaps": holes,
            "source": subject.source,
        },
        "version": subject.version,
        "made_at": _iso(subject.made_at),
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def trades_csv(subject: Subject) -> Iterator[str]:
    """Yield the lines of all trades, in the order in which they were opened, money and sizes to 8, prices to 10 digits.

    Of a trade that is open, closed_at is empty, exit_price too where nothing of it was closed.
    """
    trades = subject.result.trades
    yield HEADER
    for place in range(len(trades)):
        closed_at, exit_price = int(trades.closed_at[place]), float(trades.exit_price[place])
        cells = (
            place + 1,
            side(trades.direction[place]),
            _digits(trades.size[place], QUANTITY_SCALE),
            _digits(trades.entry_price[place], PRICE_SCALE),
            "" if math.isnan(exit_price) else _digits(exit_price, PRICE_SCALE),
            _iso_of(int(trades.opened_at[place])),
            _iso_of(closed_at) if closed_at else "",
            *(_digits(money[place], MONEY_SCALE) for money in (trades.pnl, trades.fee, trades.funding)),
            EXIT_REASONS[trades.exit_reason[place]],
        )
        yield ",".join(map(str, cells)) + "\n"


def _digits(value: float, scale: int) -> str:
    return plain(Decimal(format(value, f".{scale}f"))) or "0"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _iso_of(milliseconds: int) -> str:
    return _iso(datetime.fromtimestamp(milliseconds / 1_000, UTC))
