"""Tells what is wrong with this desk and what to do about it; changes nothing."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import report
from core import examinations
from core.examinations import Level


class Command(BaseCommand):
    """`manage.py doctor [--only NAME] [--json]`: exits with 1 where there is an error."""

    help = "Examines the desk, down or up, and tells what to do about what it finds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", default="", metavar="NAME", help="make one examination, and those that it needs")
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            findings = examinations.run(options["only"])
        except examinations.UnknownExamination as unknown:
            known = ", ".join(examinations.names())
            raise CommandError(f"There is no examination {unknown}; there are: {known}.") from unknown
        self.stdout.write(report.as_json(findings) if options["json"] else report.table(findings, paint=self._paint))
        if report.count(findings, Level.ERROR):
            sys.exit(1)

    def _paint(self, level: Level, text: str) -> str:
        styles = {Level.OK: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.ERROR: self.style.ERROR}
        return styles[level](text) if level in styles else text
