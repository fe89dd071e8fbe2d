"""What `manage.py backtest` is asked: a rule, a market, a span of time, how it trades, what to write."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.management.candle_options import moment
from core.exact import NotExact, exact
from market.intervals import Interval
from market.kinds import Kind
from strategies.run_settings import MODES, SLIPPAGE_MODELS

_LARGEST = Decimal(10) ** 12
_MOST_SEED = 2**31 - 1


def add_arguments(parser: ArgumentParser) -> None:
    """Add all of it. Without --csv the candles are those of the desk."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--rule", help="A name of the catalogue: sma_cross, ema_cross, rsi_reversion …")
    which.add_argument("--strategy", metavar="SLUG", help="A strategy that is kept at the desk.")
    parser.add_argument("--user", metavar="NAME", help="Whose strategy, where several have one of that slug.")
    parser.add_argument("--param", action="append", default=[], type=parameter, metavar="NAME=VALUE")
    parser.add_argument("--symbol", default="", help="In any common spelling; its costs and steps are the defaults.")
    parser.add_argument("--category", choices=Kind.values, help="Where the symbol is not enough.")
    parser.add_argument("--interval", default=Interval.H1.value, choices=Interval.values)
    parser.add_argument("--start", type=moment, help="When the first candle opens; a date or a time, UTC.")
    parser.add_argument("--end", type=moment, help="The last candle opens before; absent: the last that is there.")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="Candles of a file, as import_candles takes them.")
    parser.add_argument("--allow-gaps", action="store_true", help="Run though candles are missing.")
    _add_settings(parser)
    files = parser.add_argument_group("files")
    files.add_argument("--html", type=Path, metavar="FILE", help="A report with charts, one file.")
    files.add_argument("--json", type=Path, metavar="FILE", help="What went in and came out.")
    files.add_argument("--csv-trades", type=Path, metavar="FILE", help="All trades.")


def _add_settings(parser: ArgumentParser) -> None:
    trading = parser.add_argument_group("how it trades", "What is not given is the instrument's own.")
    trading.add_argument("--capital", type=positive, default=Decimal(10_000), dest="initial_capital")
    trading.add_argument("--mode", choices=MODES, default="percent_equity")
    trading.add_argument("--size", type=positive, help="Base units where fixed, else percent of equity.")
    trading.add_argument("--leverage", type=int, default=1)
    trading.add_argument("--commission", type=rate, dest="commission_rate", help="A fraction: 0.001 is 0.1 percent.")
    trading.add_argument("--min-commission", type=not_negative)
    trading.add_argument("--spread", type=rate, help="A fraction of the price, from bid to ask.")
    trading.add_argument("--slippage", type=rate, help="A fraction of the price.")
    trading.add_argument("--slippage-model", choices=SLIPPAGE_MODELS, default="size_relative")
    trading.add_argument("--stop-loss", type=positive, help="Percent from the entry.")
    trading.add_argument("--take-profit", type=positive, help="Percent from the entry.")
    trading.add_argument("--no-shorts", action="store_true")
    trading.add_argument("--seed", type=seed, default=0, help="What slippage is drawn from.")


def config_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as the API takes them as `config`."""
    names = ("initial_capital", "mode", "size", "leverage", "commission_rate", "min_commission", "spread", "slippage")
    exits = ("slippage_model", "stop_loss", "take_profit", "seed", "allow_gaps")
    told = {name: options[name] for name in (*names, *exits)}
    return told | ({"allow_short": False} if options["no_shorts"] else {})


def parameters_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return NAME=VALUE pairs by name. Raises ValueError for a name that is given twice."""
    told = list(pairs)
    names = [name for name, _ in told]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"--param names {', '.join(twice)} twice.")
    return dict(told)


def parameter(text: str) -> tuple[str, Any]:
    """Return NAME=VALUE as a name and a value of JSON, a text where it is none."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE.")
    try:
        return name, json.loads(value, parse_constant=str)
    except ValueError:
        return name, value


def positive(text: str) -> Decimal:
    """Return a decimal of more than 0."""
    return _number(text, more_than_zero=True)


def not_negative(text: str) -> Decimal:
    """Return a decimal of 0 or more."""
    return _number(text, more_than_zero=False)


def rate(text: str) -> Decimal:
    """Return a fraction from 0 to less than 1."""
    told = not_negative(text)
    if told >= 1:
        raise ArgumentTypeError(f"{text!r} is not a fraction from 0 to less than 1.")
    return told


def seed(text: str) -> int:
    """Return a whole number of 0 or more, as the API takes it."""
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_SEED:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_MOST_SEED}.")
    return int(text)


def _number(text: str, *, more_than_zero: bool) -> Decimal:
    try:
        told = exact(text)
    except NotExact as error:
        raise ArgumentTypeError(str(error)) from error
    if told < 0 or told >= _LARGEST or (more_than_zero and not told):
        raise ArgumentTypeError(f"{text!r} is not {'more than 0' if more_than_zero else '0 or more'}, or too large.")
    return told
