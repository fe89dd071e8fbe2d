"""`manage.py import_candles BTCUSDT candles.csv --interval 1m`: candles from a CSV or a feather file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.management.candle_options import add_options, instrument_of
from core.errors import AppError
from market.intervals import Interval
from market.services.candle_files import Imported, import_candles

_BAR = 30
_FIRST_GAPS = 5


class Command(BaseCommand):
    """Stores what is sound, says what is not and in which lines; the same file again changes nothing."""

    help = "Imports candles: a CSV with a header, one of Binance's dumps without, or feather where pyarrow is."

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        instrument = instrument_of(options["symbol"], options["category"])
        try:
            told = import_candles(
                instrument, Interval(options["interval"]), options["file"], now=timezone.now(), progress=self._progress
            )
        except AppError as error:
            raise CommandError(error.message) from error
        self._progress(1, told.rows, end="\n")
        for line in _report(told):
            self.stdout.write(line)

    def _progress(self, share: float, rows: int, *, end: str = "") -> None:
        if self.stderr.isatty():
            bar = "#" * int(share * _BAR)
            self.stderr.write(f"\r[{bar:<{_BAR}}] {share:4.0%} {rows:,} rows", ending=end)


def _report(told: Imported) -> Iterator[str]:
    stored = told.stored
    yield f"{told.rows:,} rows: {stored.added:,} new, {stored.replaced:,} replaced, {stored.unchanged:,} as they were."
    for kind, trouble in told.troubles.items():
        if trouble.count:
            fate = "stored all the same" if kind == "out of order" else "not stored"
            lines = ", ".join(map(str, trouble.lines))
            yield f"{trouble.count:,} {kind}, {fate}: line {lines}{' …' if trouble.count > len(trouble.lines) else ''}"
    if told.gaps:
        spans = "; ".join(f"{_moment(first)} to {_moment(end)}" for first, end in told.gaps[:_FIRST_GAPS])
        yield f"{len(told.gaps):,} gaps: {spans}{' …' if len(told.gaps) > _FIRST_GAPS else ''}"
    if not (stored.added or stored.replaced):
        yield "Nothing changed."


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).strftime("%Y-%m-%dT%H:%MZ")
