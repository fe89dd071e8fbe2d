"""Runs the price feed alone, for a desk of several processes."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from market.feed import PriceFeed

STOPPING_SECONDS = 0.5


class Command(BaseCommand):
    """`manage.py feed`: one of these beside the web servers, the workers and the beat; ends on TERM or INT."""

    help = "Fetches the prices of the instruments whose source is on the network; run exactly one."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        feed = PriceFeed()
        feed.start()
        self.stdout.write("the price feed runs; Ctrl-C stops it")
        self.stdout.flush()
        ended.wait()
        feed.stop()
        feed.join(STOPPING_SECONDS)
        # A request in hand is dropped, not waited for: nothing is half kept, a round is one statement.
        logging.shutdown()
        os._exit(0)
