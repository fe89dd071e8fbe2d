"""Serves the WebSockets of a desk that several processes serve; HTTP works here too, only slower than under WSGI."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections

from config import garbage
from config.application import application
from config.patient_server import PatientServer
from config.process_count import require_redis
from core import triggers

KEEP_CONNECTION_SECONDS = 60


class Command(BaseCommand):
    """`manage.py sockets --port 8001`: any number may run."""

    help = "Serves WebSockets, until TERM or INT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_redis()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        triggers.require()
        # Few threads read for all sockets: theirs are worth keeping.
        connections.settings[DEFAULT_DB_ALIAS]["CONN_MAX_AGE"] = KEEP_CONNECTION_SECONDS
        host, port = options["host"], options["port"]
        garbage.settle()
        PatientServer(
            application=application,
            endpoints=[f"tcp:port={port}:interface={host}"],
            signal_handlers=True,
            ready_callable=lambda: self.stdout.write(f"sockets: ws://{host}:{port}/ws/..."),
            server_name="desk",
            application_close_timeout=1,
        ).run()
