"""`manage.py backfill_candles BTCUSDT --interval 1m --start 2025-01-01`: candles of the past from the exchange."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.management.candle_options import add_options, instrument_of, moment
from core.errors import AppError
from market.intervals import Interval
from market.services.backfill import Progress, backfill


class Command(BaseCommand):
    """Fetches page by page; begun anew it fetches again, and what is stored stays as it is."""

    help = "Fetches candles of the past from the instrument's source and stores them."

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)
        parser.add_argument("--start", required=True, type=moment, help="Where to begin, or to go on.")
        parser.add_argument("--end", type=moment, help="Now, where it is not given.")

    def handle(self, *args: Any, **options: Any) -> None:
        instrument = instrument_of(options["symbol"], options["category"])
        try:
            told = backfill(
                instrument,
                Interval(options["interval"]),
                start=options["start"],
                end=options["end"] or timezone.now(),
                reached=None,
                clock=timezone.now,
                on_page=self._tell,
            )
        except AppError as error:
            raise CommandError(error.message) from error
        stored = told.stored
        self.stdout.write(
            f"up to {told.reached:%Y-%m-%dT%H:%MZ}: {stored.added:,} new, {stored.replaced:,} replaced, "
            f"{stored.unchanged:,} as they were, {told.skipped:,} unsound ones left out"
        )

    def _tell(self, told: Progress) -> bool:
        if self.stderr.isatty():
            self.stderr.write(f"\r{told.share:4.0%} up to {told.reached:%Y-%m-%dT%H:%MZ}", ending="")
        return True
