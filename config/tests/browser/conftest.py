"""A demo desk of its own and a browser in front of it: Debian's Chromium, driven by Playwright.

Where there is no Chromium these tests are skipped, and say so; CI installs it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.tests.browser.chromium import CHROMIUM, launched, log_in
from config.tests.desks import Desk, embedded_desk
from config.tests.processes import run

A_SPOT_MARKET = """
from uuid import uuid4
from market.models import Instrument
spot = Instrument.objects.get(symbol="BTCUSDT")
spot.pk, spot.kind, spot.reference_price = uuid4(), "spot", "100"
spot._state.adding = True
spot.save()
print(spot.pk)
"""
# The live page reads its figures every half minute anyway: what is expected sooner came over a socket.
PATIENCE_MS = 20_000
SLOW_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    absent = pytest.mark.skip(reason="no chromium here: apt-get install chromium")
    for item in items:
        if CHROMIUM is None and here in item.path.parents:
            item.add_marker(absent)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The demo desk, served by its own process."""
    with embedded_desk(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def forgiven() -> list[str]:
    """What a test brings about on purpose, as parts of what its page complains of."""
    return []


@pytest.fixture
def page(chromium: Browser, desk: Desk, forgiven: list[str]) -> Iterator[Page]:
    """The admin on the live page; whatever its console or its requests complain of fails the test."""
    context = chromium.new_context(base_url=desk.base)
    context.set_default_timeout(SLOW_MS)
    opened, wrong = context.new_page(), list[str]()
    listen(opened, wrong, base=desk.base)
    log_in(opened)
    yield opened
    context.close()
    assert [line for line in wrong if not any(part in line for part in forgiven)] == []


def listen(page: Page, wrong: list[str], *, base: str) -> None:
    """Write down what a browser's console calls an error, which request failed, and which left the desk's own host."""
    own = (f"{base}/", f"{base.replace('http', 'ws', 1)}/", "data:", "blob:")

    def asked(address: str) -> None:
        if not address.startswith(own):
            wrong.append(f"asked elsewhere: {address}")

    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda line: asked(line.url))


def act(page: Page, path: str, action: str, *, button: str) -> None:
    """Choose an action on the first row of a list of the console, and say yes to what it asks."""
    page.goto(f"/admin/{path}/")
    page.locator("#result_list input.action-select").first.check()
    page.locator("select[name=action]").select_option(action)
    page.get_by_role("button", name="Run", exact=False).click()
    page.get_by_role("button", name=button, exact=True).click()


def fire(desk: Desk, side: str) -> None:
    """Send an alert to the demo bot, as TradingView would."""
    address = desk.get(f"bots/{desk.bot_id()}/alert-template")["webhook_url_with_key"]
    told = requests.post(address, json={"symbol": "BTCUSDT", "side": side, "alert_id": uuid4().hex}, timeout=60)
    assert told.json()["data"]["error_count"] == 0


def spot_market(desk: Desk) -> str:
    """Make a second market of BTCUSDT, at about 100, and return its id."""
    return run("manage.py", "shell", "--no-imports", "-c", A_SPOT_MARKET, env=desk.env).strip()


def text_of(page: Page, place: str) -> Any:
    return page.locator(place).inner_text()
