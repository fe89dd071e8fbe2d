"""What the commands of candles share: which instrument, which interval, which span of time."""

from argparse import ArgumentParser
from datetime import UTC, datetime

from django.core.management.base import CommandError

from core.errors import AppError
from market.intervals import Interval
from market.kinds import Kind
from market.models import Instrument
from market.selectors.instruments import find_instrument


def add_options(parser: ArgumentParser) -> None:
    """Add SYMBOL, --interval and --category."""
    parser.add_argument("symbol", help="In any common spelling.")
    parser.add_argument("--interval", required=True, choices=Interval.values)
    parser.add_argument("--category", choices=Kind.values, help="Where the symbol is not enough.")


def instrument_of(symbol: str, category: str | None) -> Instrument:
    """Return the instrument that is named. Raises CommandError."""
    try:
        return find_instrument(symbol, only_kind=category)
    except AppError as error:
        raise CommandError(error.message) from error


def moment(text: str) -> datetime:
    """Return a date or a time in ISO 8601, UTC where it does not say. A ValueError is argparse's to tell."""
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=UTC)
