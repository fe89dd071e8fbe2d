"""The embedded desk: one process that serves HTTP and sockets; worker, beat, price feed and relay are its threads."""

import logging
import os
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from celery import Celery
from celery.beat import EmbeddedService
from celery.exceptions import SecurityWarning
from django.utils import timezone

from config.celery import EMBEDDED
from config.patient_server import PatientServer
from core.streams.relay import Relay
from market.feed import PriceFeed

logger = logging.getLogger(__name__)

WORKER_THREADS = 4
STOPPING_SECONDS = 1.5
# Twisted lets 50 connections wait: of 200 alerts at once up to 95 were reset, and nobody sends them again.
BACKLOG = 1024


class EmbeddedDesk:
    """Everything in one process. `run` returns once TERM or INT has stopped the web server."""

    def __init__(
        self, *, application: Callable[..., Any], celery: Celery, host: str, port: int, on_ready: Callable[[], None]
    ) -> None:
        self._on_ready = on_ready
        warnings.filterwarnings("ignore", category=SecurityWarning)  # in a container everything runs as root
        self._worker = celery.Worker(
            hostname=f"{EMBEDDED}@{socket.gethostname()}",
            pool="threads",
            concurrency=WORKER_THREADS,
            without_mingle=True,
            without_gossip=True,
            without_heartbeat=True,
            quiet=True,
        )
        self._beat: Any = EmbeddedService(celery, thread=True, scheduler_cls=celery.conf.beat_scheduler)
        self._feed = PriceFeed()
        self._relay = Relay(clock=timezone.now)
        self._server = PatientServer(
            application=application,
            endpoints=[f"tcp:port={port}:interface={host}:backlog={BACKLOG}"],
            signal_handlers=True,
            ready_callable=self._start_workers,
            server_name="desk",
            application_close_timeout=1,
        )

    def run(self) -> NoReturn:
        """Serve until stopped, then end the process.

        Tasks in hand get a moment; what they leave, the next start goes on with. The process ends without waiting
        for the threads of libraries: their polling would hold it for seconds.
        """
        self._server.run()
        stopping = threading.Thread(target=self._stop_workers, name="stopping", daemon=True)
        stopping.start()
        stopping.join(STOPPING_SECONDS)
        if stopping.is_alive():
            logger.warning("a task did not end in time; the next start goes on with it")
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)

    def _start_workers(self) -> None:
        threading.Thread(target=self._worker.start, name="worker", daemon=True).start()
        self._beat.start()
        self._feed.start()
        self._relay.start()
        self._on_ready()

    def _stop_workers(self) -> None:
        self._feed.stop()
        self._relay.stop(seconds=STOPPING_SECONDS / 2)
        self._worker.stop()
        self._beat.stop()
