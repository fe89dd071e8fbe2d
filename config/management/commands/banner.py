"""Prints where the desk is and how to fire an alert: for desks that several processes serve."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.banner import banner


class Command(BaseCommand):
    """`manage.py banner --port 8000`."""

    help = "Prints the desk's addresses and a curl that fires an alert at the demo bot."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        url = f"http://{options['host']}:{options['port']}"
        self.stdout.write(banner(url=url, data_dir=str(settings.DATA_DIR)))
