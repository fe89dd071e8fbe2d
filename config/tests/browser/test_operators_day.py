"""What an operator does in a day, done in a browser: alerts, flights, halts, terminations, orders by hand."""

import pytest
from playwright.sync_api import Page, expect

from config.tests.browser.conftest import act, fire, text_of
from config.tests.desks import Desk

pytestmark = pytest.mark.proof

FIRST_PNL = "#positions tbody tr:first-child td:nth-child(7)"


@pytest.fixture(autouse=True)
def flat(desk: Desk) -> None:
    """Nothing of the coin is held when a day begins."""
    assert desk.post(f"bots/{desk.bot_id()}/terminate").ok


def test_an_alert_becomes_positions_that_move_without_reloading(page: Page, desk: Desk) -> None:
    fire(desk, "buy")
    expect(page.locator("#positions-count")).to_have_text("5")
    before = text_of(page, FIRST_PNL)
    expect(page.locator(FIRST_PNL)).not_to_have_text(before)


def test_the_flight_of_a_signal_opens_from_the_live_page(page: Page, desk: Desk) -> None:
    fire(desk, "close")
    page.locator("#signals tbody a").first.click()
    expect(page.get_by_role("heading", name="Flight recorder")).to_be_visible()


def test_an_order_is_previewed_and_placed_by_hand(page: Page) -> None:
    page.get_by_label("Quantity").fill("0.01")
    expect(page.get_by_role("button", name="Place order")).to_be_disabled()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#ticket-said")).to_contain_text("Bought 0.01 BTC")
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("#ticket-said")).to_contain_text("The order is filled")


def test_what_is_changed_after_a_preview_is_previewed_again(page: Page) -> None:
    page.get_by_label("Quantity").fill("0.01")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Place order")).to_be_enabled()
    page.get_by_label("Quantity").fill("0.02")
    expect(page.get_by_role("button", name="Place order")).to_be_disabled()


def test_a_position_is_closed_by_keyboard_after_a_question(page: Page, desk: Desk) -> None:
    fire(desk, "buy")
    expect(page.locator("#positions-count")).to_have_text("5")
    page.locator("#positions tbody button").first.press("Enter")
    expect(page.locator("#sure-question")).to_contain_text("at the market?")
    page.get_by_role("button", name="Close it").press("Enter")
    expect(page.locator("#positions-count")).to_have_text("4")


def test_a_bot_that_was_paused_is_started_in_the_console(page: Page, desk: Desk) -> None:
    act(page, "bots/bot", "pause", button="Pause")
    assert desk.get("bots")["items"][0]["status"] == "paused"
    act(page, "bots/bot", "start", button="Start")
    expect(page.locator("#result_list")).to_contain_text("active", ignore_case=True)
    assert desk.get("bots")["items"][0]["status"] == "active"


def test_a_halted_group_is_told_on_both_pages_and_resumed(page: Page) -> None:
    act(page, "groups/accountgroup", "halt", button="Halt")
    page.goto("/admin/")
    expect(page.locator("#desk-figures")).to_contain_text("halted")
    page.goto("/")
    expect(page.locator("#halted")).to_contain_text("The group Demo group is halted")
    act(page, "groups/accountgroup", "resume", button="Resume")
    page.goto("/")
    expect(page.locator("#halted li")).to_have_count(0)


def test_a_termination_is_confirmed_and_leaves_nothing(page: Page, desk: Desk) -> None:
    fire(desk, "buy")
    act(page, "bots/bot", "terminate", button="Terminate")
    expect(page.get_by_text("nothing of BTC is left on 5 accounts")).to_be_visible()
    page.goto("/")
    expect(page.locator("#positions-count")).to_have_text("0")


def test_the_first_alert_is_shown_to_who_asks_and_put_away(page: Page, forgiven: list[str]) -> None:
    forgiven += ["ERR_FAILED"]
    page.route("**/alert-template", lambda route: route.abort(), times=1)
    page.get_by_text("Show me how").click()
    expect(page.locator("#refused")).to_contain_text("The desk does not answer.")
    page.get_by_text("Show me how").click()
    page.get_by_text("Show me how").click()
    expect(page.locator("#guide-curl")).to_contain_text("curl -X POST")
    page.get_by_role("button", name="Do not show this again").click()
    page.reload()
    expect(page.locator("#guide")).to_have_count(0)


def test_a_backtest_is_run_and_its_curve_is_seen(page: Page) -> None:
    page.goto("/backtests")
    expect(page.get_by_label("fast")).to_have_value("10")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#runs tbody tr").first).to_contain_text("completed", timeout=90_000)
    page.get_by_role("link", name="Report of").first.click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
