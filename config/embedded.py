"""The embedded desk: one process that serves HTTP and sockets; worker, beat, price feed and relay are its threads."""

import logging
import os
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, Protocol

from celery import Celery
from celery.beat import Service
from celery.exceptions import SecurityWarning
from django.utils import timezone

from config.celery import EMBEDDED
from config.patient_server import PatientServer
from core.streams.relay import Relay
from market.feed import PriceFeed

logger = logging.getLogger(__name__)

WORKER_THREADS = 4
STOPPING_SECONDS = 1.5
AGAIN_SECONDS = 1.0
# Beat looks up so often, and sees then that it is to end.
BEAT_SECONDS = 1
# Twisted lets 50 connections wait: of 200 alerts at once up to 95 were reset, and nobody sends them again.
BACKLOG = 1024


class Running(Protocol):
    """Worker or beat: `start` returns, or raises, once it is at its end, `stop` brings that about."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Kept:
    """Worker or beat in a thread, and another in its place where it ends by itself.

    As a process of its own somebody would see that it is gone. Here the desk would go on serving, and trade nothing.
    """

    def __init__(self, name: str, make: Callable[[], Running]) -> None:
        self._name, self._make = name, make
        self._running = make()  # here: one that refuses to be made is the end of whoever starts the desk
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it, with no other after it."""
        self._stopping.set()
        self._running.stop()

    def _run(self) -> None:
        self._safe_life()
        while not self._stopping.wait(AGAIN_SECONDS):
            logger.error("the %s ended by itself; another begins", self._name)
            self._safe_life(self._make)

    def _safe_life(self, make: Callable[[], Running] | None = None) -> None:
        """Let one live to its end, whatever that is."""
        try:
            if make is not None:
                self._running = make()
            if not self._stopping.is_set():
                self._running.start()
        except (Exception, SystemExit):
            logger.exception("the %s failed", self._name)


class Beat(Service):
    """Ticks in the thread that starts it; whoever stops it waits for its last tick."""

    def start(self, embedded_process: bool = False) -> None:
        self.app.set_current()
        super().start(embedded_process)

    def stop(self, wait: bool = True) -> None:
        super().stop(wait)


class EmbeddedDesk:
    """Everything in one process. `run` returns once TERM or INT has stopped the web server."""

    def __init__(
        self, *, application: Callable[..., Any], celery: Celery, host: str, port: int, on_ready: Callable[[], None]
    ) -> None:
        self._on_ready = on_ready
        warnings.filterwarnings("ignore", category=SecurityWarning)  # in a container everything runs as root
        self._worker = Kept("worker", partial(_worker, celery))
        self._beat = Kept("beat", partial(_beat, celery))
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
        self._worker.start()
        self._beat.start()
        self._feed.start()
        self._relay.start()
        self._on_ready()

    def _stop_workers(self) -> None:
        self._feed.stop()
        self._relay.stop(seconds=STOPPING_SECONDS / 2)
        self._worker.stop()
        self._beat.stop()


def _worker(celery: Celery) -> Running:
    worker: Running = celery.Worker(
        hostname=f"{EMBEDDED}@{socket.gethostname()}",
        pool="threads",
        concurrency=WORKER_THREADS,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        quiet=True,
    )
    return worker


def _beat(celery: Celery) -> Running:
    return Beat(celery, max_interval=BEAT_SECONDS, scheduler_cls=celery.conf.beat_scheduler)
