"""Long names and long prices leave every figure within reach, on a phone and on a desk; a refresh leaves the focus."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from config.tests.desks import Desk

pytestmark = pytest.mark.proof

LONG = "Averyveryverylongnamewithoutanyspaceinitatall" * 2
CUT_OFF = """
[...document.querySelectorAll(".wide")]
  .filter((each) => each.scrollWidth > each.clientWidth)
  .map((each) => `${each.innerText} ${each.scrollWidth} of ${each.clientWidth}`)
"""


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_lies_past_the_edge(page: Page, desk: Desk, width: int) -> None:
    account, bot = desk.account_id(), desk.bot_id()
    assert desk.patch(f"accounts/{account}", {"name": f"Long {LONG}"[:100]}).ok
    assert desk.patch(f"bots/{bot}", {"name": f"Long {LONG}"[:100]}).ok
    order = {"account_id": account, "side": "buy", "quantity": "0.01", "symbol": "BTCUSDT"}
    assert desk.post("orders", order | {"client_order_id": uuid4().hex}).ok
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    expect(page.locator("#accounts")).to_contain_text("Long")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CUT_OFF) == []


def test_the_start_page_keeps_the_focus_when_it_reads_its_figures(page: Page, desk: Desk) -> None:
    assert desk.post("trading/halt", {"scope_type": "system"}).ok
    page.goto("/admin/")
    resume = page.get_by_role("button", name="Resume")
    resume.focus()
    before = resume.element_handle()
    page.wait_for_function("button => !button.isConnected", arg=before)
    assert desk.post("trading/resume", {"scope_type": "system"}).ok
    expect(resume).to_be_focused()
