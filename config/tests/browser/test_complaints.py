"""What the tests in a browser listen for is heard."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from config.tests.browser.conftest import listen

pytestmark = pytest.mark.proof


def test_a_request_to_another_host_is_heard(chromium: Browser) -> None:
    page, wrong = chromium.new_page(), list[str]()
    listen(page, wrong, base="http://127.0.0.1:1")
    page.goto("data:text/html,<img src='http://127.0.0.1:9/dot.png'>")
    page.close()
    assert "asked elsewhere: http://127.0.0.1:9/dot.png" in wrong


@pytest.mark.parametrize(
    ("address", "path", "part"), [("/", "**/live/state*", "signals"), ("/backtests", "**/api/v1/backtests?*", "items")]
)
def test_a_fault_of_a_script_is_no_trouble_of_the_desk(
    page: Page, forgiven: list[str], address: str, path: str, part: str
) -> None:
    def without(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {part: None})

    forgiven += ["Cannot read properties"]
    page.route(path, without)
    with page.expect_event("pageerror") as faults:
        page.goto(address)
    assert "Cannot read properties" in str(faults.value)
    expect(page.locator("#trouble")).to_be_hidden()
