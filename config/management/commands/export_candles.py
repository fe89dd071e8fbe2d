"""`manage.py export_candles BTCUSDT --interval 1m > candles.csv`: candles as a CSV that an import reads back."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.management.candle_options import add_options, instrument_of, moment
from market.intervals import Interval
from market.services.candle_files import export_candles


class Command(BaseCommand):
    """Writes line by line, whatever the span."""

    help = "Exports candles as CSV: opening times in milliseconds, numbers with all their digits."

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)
        parser.add_argument("--start", type=moment)
        parser.add_argument("--end", type=moment)
        parser.add_argument("--output", type=Path, help="A file instead of the standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["start"] and options["end"] and options["start"] >= options["end"]:
            raise CommandError("The start is not before the end.")
        lines = export_candles(
            instrument_of(options["symbol"], options["category"]),
            Interval(options["interval"]),
            start=options["start"],
            end=options["end"],
            now=timezone.now(),
        )
        if options["output"] is None:
            self._print(lines)
            return
        with options["output"].open("w") as file:
            file.writelines(lines)

    def _print(self, lines: Iterable[str]) -> None:
        """Write to the standard output for as long as somebody reads it."""
        try:
            for line in lines:
                self.stdout.write(line, ending="")
            self.stdout.flush()
        except BrokenPipeError:
            # Python would complain once more at its end, when it empties the pipe that nobody reads.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
