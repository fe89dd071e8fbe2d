"""`make screenshots`: a demo desk of its own, photographed by headless Chromium: wide and narrow, light and dark.

Pictures go to screenshots/, one a page, width and scheme. Ends in failure, and names the page, where one is not what
was asked for: another status, another address (the login's), or wider than the screen.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Page, Response, sync_playwright

from config.tests.browser.chromium import CHROMIUM, launched, log_in
from config.tests.desks import Desk, embedded_desk
from config.tests.processes import ROOT

WIDTHS = {1440: 900, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PICTURES = ROOT / "screenshots"
PATIENCE_SECONDS = 20
DRAWN_MILLISECONDS = 700
BEFORE_LOGIN = {"login": "/login", "reset": "/password/reset", "reset-complete": "/password/reset/complete"}
ASKED = {"bots/bot": "terminate", "accounts/tradingaccount": "halt_and_flatten"}
LISTS = (
    *("trading/signal", "trading/order", "trading/position", "trading/risklimit", "trading/riskalert"),
    *("trading/switch", "bots/bot", "bots/botdecision", "webhooks/delivery", "accounts/tradingaccount"),
    *("accounts/user", "accounts/usersession", "strategies/backtest", "strategies/sweep", "core/job"),
    *("market/coin", "django_celery_beat/periodictask"),
)
# By their path in the API: a row of each is opened, and the history of what people set.
ROWS = {
    "bots": ("bots/bot", "history"),
    "accounts": ("accounts/tradingaccount", "history"),
    "orders": ("trading/order", ""),
    "risk/limits": ("trading/risklimit", "history"),
    "strategies": ("strategies/strategy", ""),
    "users": ("accounts/user", ""),
}
REFUSED = {"nowhere": ("/nowhere", 404), "not-for-you": ("/admin/core/job/add/", 403)}


def wrong_with(page: Page, answer: Response | None, *, path: str, status: int = 200) -> list[str]:
    """Return what is wrong with an open page, in words: it is not what `path` should have answered, or too wide."""
    found = []
    if answer is None or answer.status != status:
        found.append(f"status {answer and answer.status} instead of {status}")
    if (there := urlsplit(page.url).path) != path:
        found.append(f"it is {there}")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the screen")
    return found


@dataclass(slots=True)
class Camera:
    """A tab that takes its pictures, and keeps what was wrong with them."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def take(self, name: str, path: str, *, status: int = 200) -> None:
        """Photograph the page of an address."""
        for look in self._looks():
            self._shoot(f"{name}-{look}", self.page.goto(path), path=path, status=status)

    def take_asked(self, path: str, action: str) -> None:
        """Photograph the page that asks before an action is done to every row of a list."""
        for look in self._looks():
            self.page.goto(path)
            self.page.locator("#action-toggle").check()
            self.page.locator("select[name=action]").select_option(action)
            with self.page.expect_navigation() as navigation:
                self.page.get_by_role("button", name="Run").click()
            self._shoot(f"{action}-{look}", navigation.value, path=path)

    def _looks(self) -> Iterator[str]:
        for scheme, (width, height) in itertools.product(SCHEMES, WIDTHS.items()):
            self.page.emulate_media(color_scheme=scheme)
            self.page.set_viewport_size({"width": width, "height": height})
            yield f"{width}-{scheme}"

    def _shoot(self, name: str, answer: Response | None, *, path: str, status: int = 200) -> None:
        self.page.wait_for_timeout(DRAWN_MILLISECONDS)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        lines = [f"{name}: {line}" for line in wrong_with(self.page, answer, path=path, status=status)]
        print(*(lines or [name]), sep="\n")
        self.wrong += lines


def main() -> None:
    """Take every picture; the pages behind the login are an operator's."""
    if CHROMIUM is None:
        sys.exit("no chromium here: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, embedded_desk(Path(folder)) as desk, sync_playwright() as playwright:
        browser = launched(playwright)
        camera = Camera(browser.new_page(base_url=desk.base))
        for name, path in BEFORE_LOGIN.items():
            camera.take(name, path)
        log_in(camera.page)
        _happen(desk)
        for name, path in _pages(desk).items():
            camera.take(name, path)
        for name, (path, status) in REFUSED.items():
            camera.take(name, path, status=status)
        for path, action in ASKED.items():
            camera.take_asked(f"/admin/{path}/", action)
        browser.close()
    if camera.wrong:
        sys.exit("\n".join(["These are not what they should be:", *camera.wrong]))


def _happen(desk: Desk) -> None:
    """Let the desk have a limit that is near, and a group that is halted: an alert meets both."""
    account, group = desk.account_id(), desk.get("groups")["data"]["groups"][0]["id"]
    limit = {"limit_type": "open_positions", "limit_value": "2", "warning_threshold": "0.5"}
    _done(desk.post("risk/limits", {"scope_type": "account", "scope_id": account, **limit}))
    _done(desk.post("trading/halt", {"scope_type": "group", "scope_id": group, "reason": "A drill."}))
    address = desk.get(f"bots/{desk.bot_id()}/alert-template")["webhook_url_with_key"]
    _done(requests.post(address, json={"symbol": "BTCUSDT", "side": "buy", "size": "10%"}, timeout=PATIENCE_SECONDS))


def _done(answer: requests.Response) -> None:
    answer.raise_for_status()


def _rows(desk: Desk) -> dict[str, str]:
    pages = {}
    for path, (console, more) in ROWS.items():
        address = f"/admin/{console}/{desk.get(path)['items'][0]['id']}"
        name = console.partition("/")[2]
        pages[f"{name}-change"] = f"{address}/change/"
        if more:
            pages[f"{name}-{more}"] = f"{address}/{more}/"
    return pages


def _pages(desk: Desk) -> dict[str, str]:
    signal = desk.get("signals")["items"][0]["correlation_id"]
    backtest = desk.get("backtests")["items"][0]["id"]
    group = desk.get("groups")["data"]["groups"][0]["id"]
    forms = {
        "signal-change": f"/admin/trading/signal/{signal}/change/",
        "accountgroup-change": f"/admin/groups/accountgroup/{group}/change/",
        "share-add": "/admin/accounts/share/add/",
    }
    report = {
        "report": f"/backtests/{backtest}/report",
        "backtest-change": f"/admin/strategies/backtest/{backtest}/change/",
    }
    lists = {path.partition("/")[2]: f"/admin/{path}/" for path in LISTS}
    return {
        "live": "/",
        "backtests": "/backtests",
        "start": "/admin/",
        "flight": f"/admin/flight/{signal}/",
        **report,
        **forms,
        **lists,
        **_rows(desk),
    }


if __name__ == "__main__":
    main()
