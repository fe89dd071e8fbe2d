"""axe-core finds nothing serious on the pages that people look at all day, in light and in dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from config.tests.browser.chromium import log_in
from config.tests.browser.conftest import fire
from config.tests.desks import Desk

pytestmark = pytest.mark.proof

PAGES = ("/", "/admin/", "/backtests", "/admin/flight/{signal_id}/")
WIDTHS = {"wide": 1440, "narrow": 390}
SERIOUS = ("serious", "critical")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(chromium: Browser, desk: Desk, scheme: str, width: str) -> None:
    size = {"width": WIDTHS[width], "height": 900}
    # axe is put into the page, which its policy forbids to everybody else.
    context = chromium.new_context(base_url=desk.base, color_scheme=scheme, viewport=size, bypass_csp=True)
    page = context.new_page()
    log_in(page)
    fire(desk, "buy")
    signal_id = desk.get("signals")["items"][0]["correlation_id"]
    found = {address: _violations(page, address.format(signal_id=signal_id)) for address in PAGES}
    context.close()
    assert {address: lines for address, lines in found.items() if lines} == {}


def _violations(page: Page, address: str) -> list[str]:
    answer = page.goto(address)
    assert answer is not None
    assert (answer.ok, page.url.endswith(address)) == (True, True), page.url
    page.wait_for_load_state("load")
    page.wait_for_timeout(1_500)  # charts draw themselves
    told = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in told if each["impact"] in SERIOUS]
