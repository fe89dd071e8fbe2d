"""`manage.py backtest --rule sma_cross --symbol BTCUSDT --start 2025-01-01`: what a rule would have earned, printed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings as desk
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from config.management.backtest_options import add_arguments, config_of, parameters_of
from config.management.backtest_runs import CommandRun, finished_run
from core.errors import AppError
from market.intervals import Interval
from strategies.report.page import report_file
from strategies.report.records import report_json, trades_csv
from strategies.report.subject import Subject
from strategies.report.summary import summary_lines

_BAR = 30
_REFUSED = 2


class Command(BaseCommand):
    """Stores nothing. What cannot be run is one sentence and the exit status 2."""

    help = "Runs a rule on candles of the desk, or of a file, and prints what came out."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        files = {name: options[name] for name in ("html", "json", "csv_trades") if options[name]}
        try:
            _check_places(files)
            subject = finished_run(_asked(options), now=now, version=desk.VERSION, progress=self._progress)
        except AppError as refusal:
            self._end_progress()
            raise CommandError(_sentence(refusal), returncode=_REFUSED) from refusal
        except DatabaseError as error:
            said = f"The desk's database cannot be read: {error}. `make migrate` makes it; a file needs none."
            raise CommandError(said, returncode=_REFUSED) from error
        self._end_progress()
        for line in summary_lines(subject):
            self.stdout.write(line)
        for name, path in files.items():
            self._write(path, WRITERS[name](subject))

    def _write(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.", returncode=_REFUSED) from error

    def _progress(self, share: float) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{_bar(share)}", ending="")

    def _end_progress(self) -> None:
        """Take the bar away: what follows stands in its place."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{' ' * len(_bar(1))}\r", ending="")


def _bar(share: float) -> str:
    return f"[{'#' * int(share * _BAR):<{_BAR}}] {share:4.0%}"


WRITERS: dict[str, Callable[[Subject], str]] = {
    "html": report_file,
    "json": report_json,
    "csv_trades": lambda subject: "".join(trades_csv(subject)),
}


def _asked(options: Mapping[str, Any]) -> CommandRun:
    try:
        parameters = parameters_of(options["param"])
    except ValueError as error:
        raise CommandError(str(error), returncode=_REFUSED) from error
    names = ("rule", "strategy", "user", "symbol", "category", "start", "end")
    return CommandRun(
        interval=Interval(options["interval"]),
        file=options["csv"],
        parameters=parameters,
        config=config_of(options),
        **{name: options[name] for name in names},
    )


def _check_places(files: Mapping[str, Path]) -> None:
    """Refuse a file that could not be written before anything is computed. Raises CommandError."""
    for path in files.values():
        if path.is_dir() or not path.resolve().parent.is_dir():
            raise CommandError(f"{path} cannot be written: there is no such folder.", returncode=_REFUSED)


def _sentence(refusal: AppError) -> str:
    """Return what a refusal says; where it names fields, their sentences."""
    told = [line for lines in refusal.errors.values() for line in lines]
    named = [f"{field}: {line}" for field, lines in refusal.errors.items() for line in lines]
    return refusal.message if told in ([], [refusal.message]) else "\n".join(named)
