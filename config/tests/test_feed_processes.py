"""Exchange prices in real processes: the embedded desk and the feed of a distributed one, against a local Bybit."""

import json
import os
import sys
import time
from contextlib import suppress

import psycopg
import pytest
import requests

from config.tests.processes import (
    alert_url,
    bootstrap,
    demo_on_postgresql,
    environment,
    free_port,
    started,
    wait_for,
)
from config.tests.test_processes import ACCOUNTS, BUY, logged_in, serve
from market.sources.http import READ_SECONDS
from market.tests.bybit_server import says, serving, silence, ticker

pytestmark = pytest.mark.slow

WAIT_SECONDS = 120
SILENT_SECONDS = READ_SECONDS - 0.2  # who waits for a silent exchange waits longer
BID = "SELECT bid FROM market_latestquote JOIN market_instrument i ON i.id = instrument_id WHERE symbol = 'BTCUSDT'"


@pytest.fixture
def exchange():
    with serving() as server:
        yield server


@pytest.fixture
def on_exchange(exchange):
    """The environment of a desk whose perpetuals take the local exchange's prices."""
    urls = json.dumps({"bybit": exchange.url})
    return {"PRICE_SOURCE": "bybit", "PRICE_FEED_SECONDS": "0.2", "EXCHANGE_URLS": urls}


def until(condition):
    """Wait for `condition()` and return whether it came true."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_the_embedded_desk_trades_on_the_exchanges_prices(exchange, on_exchange, tmp_path):
    env = environment(tmp_path, **on_exchange)
    bootstrap(env, "--demo")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with started(*serve(port), env=env, log=tmp_path / "serve.log") as process:
        wait_for(f"{base}/health", process)
        headers = logged_in(base)
        exchange.tickers["linear"][0] = ticker("BTCUSDT", "61000", "61000.1", "61000")
        assert until(lambda: price(base, headers) == "61000")
        answer = requests.post(alert_url(process.text()), json=BUY, timeout=60).json()
        assert answer["data"]["success_count"] == ACCOUNTS
        exchange.fault = says("<html>")
        assert until(lambda: "left alone" in process.text())
        assert price(base, headers) == "61000"
        exchange.fault = silence
        assert process.stop() < SILENT_SECONDS


def price(base, headers):
    return requests.get(f"{base}/api/v1/market/ticker/BTCUSDT", headers=headers, timeout=60).json().get("price")


def feed(env, tmp_path):
    return started(sys.executable, "manage.py", "feed", env=env, log=tmp_path / "feed.log")


def test_the_feed_ends_on_term_in_the_middle_of_a_request(exchange, on_exchange, tmp_path):
    env = environment(tmp_path, **on_exchange)
    bootstrap(env, "--demo")
    exchange.asked.clear()
    exchange.fault = silence
    with feed(env, tmp_path) as process:
        assert until(lambda: exchange.asked)
        assert process.stop() < SILENT_SECONDS
        assert process.popen.returncode == 0
        assert "Traceback" not in process.text()


@pytest.mark.skipif(not os.environ.get("TEST_DATABASE_URL"), reason="needs TEST_DATABASE_URL")
def test_the_feed_outlives_the_database(exchange, on_exchange, tmp_path):
    server_url = os.environ["TEST_DATABASE_URL"]
    with demo_on_postgresql(tmp_path, server_url, **on_exchange) as env:
        database_url = env["DATABASE_URL"]
        with feed(env, tmp_path) as process:
            assert until(lambda: bid(database_url) == 50000)
            shut(server_url, database_url, True)
            assert until(lambda: "the database does not answer" in process.text())
            exchange.tickers["linear"][0] = ticker("BTCUSDT", "61000", "61000.1", "61000")
            shut(server_url, database_url, False)
            assert until(lambda: bid(database_url) == 61000)


def bid(database_url):
    with suppress(psycopg.OperationalError), psycopg.connect(database_url) as database:
        row = database.execute(BID).fetchone()
        return row and int(row[0])


def shut(server_url, database_url, is_shut):
    """Let nobody into the database and throw out who is in, or open it again."""
    name = database_url.rsplit("/", 1)[1]
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not is_shut}")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
