"""The machine's Chromium, driven by Playwright, and the login of a demo desk: for tests and for pictures."""

import re
import shutil

from playwright.sync_api import Browser, Page, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")

CHROMIUM = next((found for name in _NAMES if (found := shutil.which(name))), None)


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])


def log_in(page: Page, username: str = "admin", password: str = "Admin-pass-7") -> None:
    """Come to the root as a stranger does, and log in, as the admin of the tests' desks unless another is named."""
    page.goto("/")
    page.get_by_label("User name or e-mail").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"/$"))
    page.locator("#link.live").wait_for()
