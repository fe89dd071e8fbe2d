"""Follows exchanges' own lists of their markets now, and says what changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from market.services.instruments import Refreshed, refresh_instruments, venues_in_use
from market.sources import LISTS


class Command(BaseCommand):
    """`manage.py refresh_instruments [venue …]`: without a venue, those in use. Status 1 where a list was not read."""

    help = "Reads exchanges' own lists: new markets become instruments, steps follow, what is gone is suspended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("venues", nargs="*", metavar="venue", help=", ".join(LISTS))

    def handle(self, *args: Any, **options: Any) -> None:
        if unknown := sorted(set(options["venues"]) - LISTS.keys()):
            raise CommandError(f"No list is known of {', '.join(unknown)}; known are {', '.join(LISTS)}.")
        venues = options["venues"] or venues_in_use()
        if not venues:
            self.stdout.write("No venue is in use: name one, or set INSTRUMENT_VENUES.")
        refreshed = [refresh_instruments(venue, clock=timezone.now) for venue in venues]
        for each in refreshed:
            self.stdout.write(_line(each))
        if any(each.failed for each in refreshed):
            raise CommandError("Not every list could be read; what could not stays as it was.")


def _line(done: Refreshed) -> str:
    failed = f"; not read: {', '.join(done.failed)}" if done.failed else ""
    return (
        f"{done.venue}: {done.listed} listed, {done.added} added, {done.suspended} suspended, "
        f"{done.resumed} resumed, {done.skipped} skipped{failed}"
    )
