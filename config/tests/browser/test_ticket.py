"""An order by hand: what was refused or grew old is previewed again, and the keyboard keeps its place."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from config.tests.browser.conftest import spot_market
from config.tests.desks import Desk

pytestmark = pytest.mark.proof

EVERYTHING = {"scope_type": "system"}


@pytest.fixture(autouse=True)
def flat(desk: Desk) -> None:
    """Nothing of the coin is held when a test begins."""
    assert desk.post(f"bots/{desk.bot_id()}/terminate").ok


def test_what_was_refused_is_asked_anew(page: Page, desk: Desk, forgiven: list[str]) -> None:
    forgiven += ["orders", "status of 4"]
    preview, place = (page.get_by_role("button", name=name) for name in ("Preview", "Place order"))
    said, quantity = page.locator("#ticket-said"), page.get_by_label("Quantity")
    quantity.fill("0.01")
    quantity.press("Enter")
    expect(place).to_be_enabled()
    expect(quantity).to_be_focused()
    assert desk.post("trading/halt", EVERYTHING).ok
    place.press("Enter")
    expect(said).to_have_text("Trading is halted.")
    expect(place).to_be_disabled()
    expect(preview).to_be_focused()
    assert desk.post("trading/resume", EVERYTHING).ok
    preview.press("Enter")
    expect(place).to_be_enabled()
    place.press("Enter")
    expect(said).to_contain_text("The order is filled")
    expect(preview).to_be_focused()
    quantity.fill("")
    expect(said).to_have_text("")


def test_a_preview_is_good_for_half_a_minute(page: Page) -> None:
    page.clock.install()
    page.goto("/")
    place, said = page.get_by_role("button", name="Place order"), page.locator("#ticket-said")
    page.get_by_label("Quantity").fill("0.01")
    page.get_by_role("button", name="Preview").click()
    expect(said).to_contain_text("This may be placed for 30 seconds.")
    page.clock.fast_forward(31_000)
    expect(said).to_have_text("The preview is older than 30 seconds: preview the order again.")
    expect(place).to_be_disabled()


def test_an_order_of_which_nothing_was_heard_keeps_its_key(page: Page, forgiven: list[str]) -> None:
    forgiven += ["ERR_FAILED"]
    place, said = page.get_by_role("button", name="Place order"), page.locator("#ticket-said")
    keys = list[str]()
    page.on("request", lambda sent: keys.append(sent.headers.get("idempotency-key", "")))
    page.get_by_label("Quantity").fill("0.01")
    page.get_by_role("button", name="Preview").click()
    page.route("**/api/v1/orders", lambda route: route.abort(), times=1)
    place.click()
    expect(said).to_contain_text("It may have been placed")
    place.click()
    expect(said).to_contain_text("The order is filled")
    first, second = filter(None, keys)
    assert first == second


def test_a_close_that_is_refused_is_told_until_it_is_put_away(page: Page, desk: Desk, forgiven: list[str]) -> None:
    forgiven += ["409"]
    order = {"account_id": desk.account_id(), "side": "buy", "quantity": "0.01", "symbol": "BTCUSDT"}
    assert desk.post("orders", order | {"client_order_id": uuid4().hex}).ok
    page.route(
        "**/positions/close",
        lambda route: route.fulfill(status=409, json={"code": "BUSY", "detail": "The account is busy."}),
    )
    page.locator("#positions tbody button").click()
    page.get_by_role("button", name="Close it").click()
    refused = page.locator("#refused")
    expect(refused).to_contain_text("was not closed: The account is busy.")
    page.wait_for_timeout(3_000)  # the figures are read meanwhile
    expect(refused).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(refused).to_be_hidden()


def test_an_order_is_for_the_market_on_the_chart_or_the_one_that_is_chosen(page: Page, desk: Desk) -> None:
    spot = spot_market(desk)
    order = {"account_id": desk.account_id(), "instrument_id": spot, "side": "buy", "quantity": "1"}
    assert desk.post("orders", order).ok
    page.goto("/")
    symbol, said = page.get_by_label("Symbol").last, page.locator("#ticket-said")
    page.get_by_label("Quantity").fill("0.08")
    charted = page.get_by_label("Symbol").first
    linear = charted.locator("option", has_text="BTCUSDT linear").get_attribute("value")
    for chart, written, market in [
        (spot, "BTCUSDT", "BTCUSDT spot"),
        (linear, "BTCUSDT", "BTCUSDT linear"),
        (linear, "BTCUSDT spot", "BTCUSDT spot"),
        (spot, "BTCUSDT linear", "BTCUSDT linear"),
        (linear, "btc-usdt", "BTCUSDT"),
    ]:
        charted.select_option(chart)
        symbol.fill(written)
        page.get_by_role("button", name="Preview").click()
        expect(said).to_contain_text(f"buy 0.08 {market} at about")


def test_who_has_no_account_to_trade_is_told_what_is_missing(page: Page) -> None:
    without = page.locator("#ticket-without")
    expect(without).to_be_hidden()
    page.route("**/live/state*", lambda route: route.fulfill(json=nothing_to_trade(route.fetch().json())))
    page.goto("/")
    expect(without).to_be_visible()
    expect(page.get_by_role("button", name="Preview")).to_be_disabled()


def nothing_to_trade(told: Any) -> Any:
    """Return a state of the page in which no account may be traded."""
    for account in told["accounts"]["items"]:
        account["may_trade"] = False
    return told


def test_an_order_that_waits_is_shown_and_cancelled_by_keyboard(page: Page) -> None:
    page.get_by_label("Type").select_option("limit")
    page.get_by_label("Quantity").fill("0.01")
    page.get_by_label("Limit price").fill("50000")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#ticket-said")).to_contain_text("It would do this: Waits to buy 0.01 BTC at 50000.")
    page.get_by_role("button", name="Place order").click()
    cancel = page.get_by_role("button", name="Cancel buy BTCUSDT linear of Demo 1")
    expect(page.locator("#orders tbody")).to_contain_text("50,000")
    cancel.press("Enter")
    expect(page.locator("#sure-question")).to_have_text("Cancel the order to buy 0.01 BTCUSDT linear of Demo 1?")
    page.get_by_role("button", name="Cancel it").press("Enter")
    expect(page.locator("#orders tbody")).to_have_text("No order waits.")
    expect(page.get_by_role("group", name="Orders at work")).to_be_focused()
    expect(page.locator("#refused")).to_be_hidden()
