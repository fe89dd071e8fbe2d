"""Accounts are chosen by search and by keyboard, and the page asks nobody but its desk."""

import pytest
from playwright.sync_api import Page, expect

from config.tests.desks import Desk

pytestmark = pytest.mark.proof


def test_an_account_is_found_and_chosen_by_keyboard(page: Page, desk: Desk) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/admin/groups/accountgroup/add/")
    page.get_by_label("Name").fill("By keyboard")
    page.locator(".field-members input.select2-search__field, .field-members textarea.select2-search__field").focus()
    page.keyboard.type("Demo 3")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Demo 3 · ")
    page.keyboard.press("Enter")
    expect(page.locator(".field-members .select2-selection__choice")).to_contain_text("Demo 3 · ")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/groups/accountgroup/")
    groups = {group["name"]: group for group in desk.get("groups")["data"]["groups"]}
    assert "By keyboard" in groups
    assert [url for url in asked if not url.startswith((desk.base, "data:", "blob:"))] == []
    assert [url for url in asked if "/choices/members/" in url]


def test_a_strategy_is_given_and_taken_away_by_keyboard(page: Page, desk: Desk) -> None:
    strategy = desk.get("strategies")["items"][0]["name"]
    page.goto(f"/admin/bots/bot/{desk.bot_id()}/change/")
    page.locator(".field-strategy .select2-selection").focus()
    page.keyboard.press("Enter")
    page.keyboard.type(strategy)
    expect(page.locator(".select2-results__option--highlighted")).to_have_text(strategy)
    page.keyboard.press("Enter")
    expect(page.locator(".field-strategy .select2-selection__rendered")).to_contain_text(strategy)
    page.keyboard.press("Delete")
    expect(page.locator("#id_strategy")).to_have_value("")
