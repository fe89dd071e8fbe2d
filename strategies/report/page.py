"""The page of a report: charts, months, figures, what went into the run; as one file of its own, or within the desk."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.template.loader import render_to_string

from strategies.backtest.results import EXIT_REASONS
from strategies.report.assets import assets
from strategies.report.candles import coverage_pairs, holes_told
from strategies.report.charts import MOST_TRADES, chart_data, largest_trades
from strategies.report.figures import FIGURES, HEADLINE, figures_of, printed
from strategies.report.formats import NOT_DEFINED, moment, money, side
from strategies.report.formats import plain_number as plain
from strategies.report.months import MONTHS, monthly_gains
from strategies.report.subject import Coverage, Subject

MOST_ROWS = 500
_TEMPLATE = "strategies/report.html"
# A month's gain from which its colour is stronger, as a fraction.
_STEPS = (0.02, 0.08)
_TONED = {"total_return", "cagr"}


def report_file(subject: Subject) -> str:
    """Return a report as one HTML file that needs no network and asks for nothing; about 5 MB, most of it plotly's."""
    return render_to_string(_TEMPLATE, {**_context(subject), "assets": assets()})


def report_page(subject: Subject, *, addresses: Mapping[str, str], download: str) -> str:
    """Return a report as a page of this desk, without inline script.

    `addresses` are those of plotly, script, style and icon; `download` is where the one file is.
    """
    return render_to_string(_TEMPLATE, {**_context(subject), "addresses": addresses, "download": download})


def _context(subject: Subject) -> dict[str, Any]:
    coverage, data = subject.coverage, chart_data(subject)
    return {
        "title": subject.title,
        "symbol": subject.symbol,
        "interval": subject.interval.value,
        "span": _span(coverage),
        "headline": [_headline(subject, key) for key in HEADLINE],
        "has_candles": subject.candles is not None,
        "price_note": _price_note(subject, data),
        "months": MONTHS,
        "years": list(_years(subject)),
        "figures": [
            {"name": figure.name, "value": value, "definition": figure.definition}
            for figure, value in figures_of(subject.metrics)
        ],
        "blocks": list(_blocks(subject)),
        "trades": list(_trades(subject)),
        "trades_note": _trades_note(subject),
        "data": data,
        "footer": f"Run at {_at(subject.made_at)} UTC, told by version {subject.version}. "
        "What would have been earned says nothing about what will be.",
    }


def _headline(subject: Subject, key: str) -> dict[str, str]:
    figure = next(each for each in FIGURES if each.key == key)
    value = subject.metrics.get(key)
    return {"name": figure.name, "value": printed(figure, value), "tone": _tone(value) if key in _TONED else ""}


def _tone(value: float | None) -> str:
    return "" if not value else "gain" if value > 0 else "loss"


def _span(coverage: Coverage) -> str:
    return f"{_at(coverage.opens_at)} to {_at(coverage.closes_at)} UTC"


def _years(subject: Subject) -> Iterator[dict[str, Any]]:
    told = subject.result
    counting = slice(told.first, None)
    closed_at = told.opened_at[counting] + told.interval
    for year in monthly_gains(closed_at, told.equity[counting], initial_balance=told.initial_balance):
        yield {"name": year.year, "cells": [_cell(gain) for gain in (*year.months, year.whole)]}


def _cell(gain: float | None) -> dict[str, str]:
    if gain is None:
        return {"text": "", "tone": ""}
    shown = round(gain * 100, 1)
    strength = 1 + sum(abs(gain) >= step for step in _STEPS)
    return {"text": f"{shown + 0:.1f}", "tone": f"{_tone(shown)}-{strength}" if shown else ""}


def _price_note(subject: Subject, data: Mapping[str, Any]) -> str:
    if data["candles"] is None:
        return "The candles of this run are not stored any more."
    parts = []
    width, count = data["candles"]["width"], len(subject.result.trades)
    if width > 1:
        parts.append(f"Each candle that is drawn is {width:,} of {subject.interval.value} together.")
    if count > MOST_TRADES:
        parts.append(f"Marked are the {MOST_TRADES:,} of {count:,} trades that gained or lost most.")
    return " ".join(parts)


def _blocks(subject: Subject) -> Iterator[dict[str, Any]]:
    """Yield what went into the run, each block a title, pairs and a note."""
    result = subject.result
    parameters = [(name, _told(value)) for name, value in subject.parameters.items()]
    yield {"title": "Rule and parameters", "pairs": [("rule", subject.rule), *parameters], "note": ""}
    yield {"title": "Money and costs", "pairs": [*subject.terms, ("seed", subject.seed)], "note": ""}
    refused = [(f"not placed: {why.replace('_', ' ')}", f"{number:,}") for why, number in result.refusals.items()]
    yield {"title": "Orders", "pairs": [("trades", f"{len(result.trades):,}"), *refused], "note": ""}
    coverage = subject.coverage
    yield {
        "title": "Candles",
        "pairs": [*coverage_pairs(coverage), ("source", subject.source)],
        "note": holes_told(coverage),
    }


def _trades(subject: Subject) -> Iterator[dict[str, str]]:
    trades = subject.result.trades
    for place in largest_trades(trades, most=MOST_ROWS):
        is_closed, pnl = bool(trades.closed_at[place]), float(trades.pnl[place])
        yield {
            "opened": moment(trades.opened_at[place]),
            "closed": moment(trades.closed_at[place]) if is_closed else "open",
            "side": side(trades.direction[place]),
            "size": plain(trades.size[place]),
            "entry": plain(trades.entry_price[place]),
            "exit": plain(trades.exit_price[place]) if is_closed else NOT_DEFINED,
            "fee": money(trades.fee[place]),
            "funding": money(trades.funding[place]),
            "pnl": money(pnl),
            "tone": _tone(pnl),
            "why": EXIT_REASONS[trades.exit_reason[place]].replace("_", " "),
        }


def _trades_note(subject: Subject) -> str:
    count = len(subject.result.trades)
    if not count:
        return "There was no trade."
    if count > MOST_ROWS:
        return f"The {MOST_ROWS:,} of {count:,} trades that gained or lost most, in order; all of them are in the CSV."
    return "Profit is net of commission and funding."


def _told(value: Any) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _at(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
