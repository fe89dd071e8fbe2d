"""Numbers what happened and wakes the sockets: for desks that several processes serve."""

import signal
import threading
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import garbage
from config.process_count import require_redis
from core.streams.relay import Relay

STOPPING_SECONDS = 0.8


class Command(BaseCommand):
    """`manage.py relay`: any number may run, one works at a time."""

    help = "Publishes stored events to the WebSockets, until TERM or INT."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_redis()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        garbage.settle()
        relay = Relay(clock=timezone.now)
        relay.start()
        self.stdout.write("relay: publishing")
        stopped.wait()
        relay.stop(seconds=STOPPING_SECONDS)
