"""`manage.py export_candles BTCUSDT --interval 1m > candles.csv`: candles as a CSV that an import reads back."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
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
        lines = export_candles(
            instrument_of(options["symbol"], options["category"]),
            Interval(options["interval"]),
            start=options["start"],
            end=options["end"],
            now=timezone.now(),
        )
        if options["output"] is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        with options["output"].open("w") as file:
            file.writelines(lines)
