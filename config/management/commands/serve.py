"""Runs the whole desk in this one process."""

import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from bots.services.decisions import release_decisions
from bots.tasks import decide
from config.application import application
from config.banner import banner
from config.celery import app
from config.embedded import EmbeddedDesk
from config.process_count import hold_alone
from core import triggers
from webhooks.services.handling import release_all
from webhooks.tasks import sweep_inbox


class Command(BaseCommand):
    """`manage.py serve --port 8000`: HTTP, worker, beat and price feed."""

    help = "Serves the desk: web, worker, beat and price feed in one process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        triggers.require()
        try:
            hold_alone(settings.DATA_DIR)
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        _check_port(host, port)
        if not settings.REDIS_URL:
            release_all()  # whoever held them was this desk, before it died
            release_decisions()
            sweep_inbox.apply_async()
            decide.apply_async()
        text = banner(url=f"http://{host}:{port}", data_dir=str(settings.DATA_DIR))
        desk = EmbeddedDesk(
            application=application,
            celery=app,
            host=host,
            port=port,
            on_ready=lambda: self.stdout.write(f"{text}\n  Ctrl-C stops it.\n"),
        )
        desk.run()


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Port {port} of {host} cannot be used: {error.strerror}.") from error
