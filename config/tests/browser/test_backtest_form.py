"""The form of backtests, drawn from the schema of a rule that has a parameter of every kind."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from config.tests.browser.conftest import text_of
from config.tests.desks import Desk, embedded_desk

pytestmark = pytest.mark.proof

AS_IT_STANDS = {
    "length": 20,
    "weight": 0.5,
    "floor": None,
    "average": "exponential",
    "short": True,
    "note": "hello",
    "lengths": [5, 8],
    "constructor": 3,
}

UNTIL_THE_NEWEST_IS_OVER = """
async () => {
  for (;;) {
    const told = await (await fetch("/api/v1/backtests?limit=1")).json();
    if (told.items[0].status === "completed") return;
    await new Promise((done) => setTimeout(done, 500));
  }
}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The demo desk with a rule of its own."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "rules").mkdir()
    shutil.copy(Path(__file__).with_name("every_kind_rule.py"), folder / "rules" / "every_kind.py")
    with embedded_desk(folder) as made:
        yield made


@pytest.fixture
def form(page: Page) -> Locator:
    page.goto("/backtests")
    page.get_by_label("Rule", exact=True).select_option("every_kind")
    return page.locator("#new")


def run(form: Locator) -> None:
    form.get_by_role("button", name="Run", exact=True).click()


def asked(form: Locator) -> Any:
    """Run what stands in the form and return the parameters that were sent."""
    with form.page.expect_request(lambda sent: sent.method == "POST") as sending:
        run(form)
    return json.loads(sending.value.post_data or "")["parameters"]


def told_of(form: Locator, field: Locator) -> str:
    """Return what a screen reader says of a field after its name: the texts of what describes it."""
    ids = (field.get_attribute("aria-describedby") or "").split()
    return " ".join(text_of(form.page, f"#{one}") for one in ids)


def test_a_run_is_cancelled_and_then_deleted_after_a_question(form: Locator) -> None:
    run(form)
    page, first = form.page, form.page.locator("#runs tbody tr").first
    cancel, delete = (first.get_by_role("button", name=f"{verb} Every kind, BTCUSDT") for verb in ("Cancel", "Delete"))
    expect(cancel).to_be_visible()
    line = first.element_handle()
    cancel.press("Enter")
    expect(delete).to_be_focused()
    expect(first).to_contain_text("cancelled")
    assert line.evaluate("line => line === document.querySelector('#runs tbody tr')")
    count = int(text_of(page, "#runs-count"))
    delete.press("Enter")
    page.get_by_role("button", name="No", exact=True).press("Enter")
    expect(delete).to_be_focused()
    expect(page.locator("#runs-count")).to_have_text(str(count))
    delete.press("Enter")
    page.get_by_role("button", name="Delete it").press("Enter")
    expect(page.locator("#runs-count")).to_have_text(str(count - 1))
    expect(page.get_by_role("group", name="What was run")).to_be_focused()


def test_a_cancel_that_comes_too_late_leaves_the_run(form: Locator, forgiven: list[str]) -> None:
    forgiven += ["409"]
    page, listed = form.page, "**/api/v1/backtests?limit=30"
    page.route(listed, still_running)
    run(form)
    expect(form.locator("#said")).to_have_text("It is in the queue.")
    page.evaluate(UNTIL_THE_NEWEST_IS_OVER)
    first = page.locator("#runs tbody tr").first
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as ended:
        first.get_by_role("button", name="Cancel Every kind, BTCUSDT").click()
    assert ended.value.status == 409
    page.unroute(listed)
    expect(first).to_contain_text("completed", timeout=60_000)
    expect(page.locator("#trouble")).to_be_hidden()


def still_running(route: Route) -> None:
    """Answer as ever, but with every run under way."""
    answer = route.fetch()
    told = answer.json()
    told["items"] = [row | {"status": "running"} for row in told["items"]]
    route.fulfill(response=answer, json=told)


def test_every_parameter_stands_there_with_its_default(form: Locator) -> None:
    assert asked(form) == AS_IT_STANDS
    expect(form.locator("#said")).to_have_text("It is in the queue.")


def test_a_whole_number_is_stepped_within_its_bounds(form: Locator) -> None:
    length = form.get_by_role("spinbutton", name="Candles looked at")
    assert [length.get_attribute(name) for name in ("min", "max", "step")] == ["4", "99", "2"]
    assert told_of(form, length) == "How far it looks back. At least 3, less than 100, a multiple of 2."
    length.press("ArrowUp")
    expect(length).to_have_value("22")


def test_a_decimal_is_stepped_from_the_first_multiple(form: Locator) -> None:
    weight = form.get_by_role("spinbutton", name="weight")
    assert [weight.get_attribute(name) for name in ("min", "max", "step")] == ["-1", "1", "0.25"]
    weight.press("ArrowDown")
    expect(weight).to_have_value("0.25")


def test_what_is_changed_is_sent_as_its_own_type(form: Locator) -> None:
    form.get_by_label("Candles looked at").fill("30")
    form.get_by_label("floor").fill("-2.5")
    form.get_by_label("average").select_option("3")
    form.get_by_label("short").press("Space")
    form.get_by_label("note").fill("")
    form.get_by_label("lengths").fill("[13]")
    changed = {"length": 30, "floor": -2.5, "average": 3, "short": False, "note": "", "lengths": [13]}
    assert asked(form) == AS_IT_STANDS | changed


def test_an_empty_number_has_its_default_and_a_choice_may_be_none(form: Locator) -> None:
    form.get_by_label("Candles looked at").fill("")
    form.get_by_label("average").select_option("none")
    told = AS_IT_STANDS | {"average": None}
    assert asked(form) == {name: value for name, value in told.items() if name != "length"}


def test_a_refusal_stands_beside_each_field_it_is_about(form: Locator, forgiven: list[str]) -> None:
    forgiven += ["422"]
    length, note = form.get_by_label("Candles looked at"), form.get_by_label("note")
    length.fill("7")
    note.fill("far too long")
    run(form)
    expect(length).to_be_focused()
    assert told_of(form, length).startswith("length must be a multiple of 2. How far it looks back.")
    assert told_of(form, note).startswith("note must be at most 10 characters long.")
    expect(form.locator("[aria-invalid=true]")).to_have_count(2)


def test_a_setting_that_is_refused_is_told_beside_it(form: Locator, forgiven: list[str]) -> None:
    forgiven += ["422"]
    capital = form.get_by_label("Capital")
    capital.fill("-5")
    run(form)
    expect(capital).to_have_attribute("aria-invalid", "true")
    assert told_of(form, capital) == "Must be more than zero."
    capital.fill("5000")
    run(form)
    expect(form.locator("#said")).to_have_text("It is in the queue.")
    expect(form.locator("[aria-invalid]")).to_have_count(0)


def test_what_is_no_number_or_left_out_is_told_as_that(form: Locator, forgiven: list[str]) -> None:
    forgiven += ["422"]
    leverage, first_day = form.get_by_label("Leverage"), form.get_by_label("First day")
    leverage.fill("abc")
    run(form)
    expect(leverage).to_be_focused()
    assert told_of(form, leverage) == "Must be a whole number."
    leverage.fill("2")
    first_day.fill("")
    run(form)
    expect(first_day).to_be_focused()
    assert told_of(form, first_day) == "This field is required."


def test_what_the_rule_says_against_them_all_stands_under_them(form: Locator, forgiven: list[str]) -> None:
    forgiven += ["422"]
    page = form.page
    page.get_by_label("Rule", exact=True).select_option("sma_cross")
    form.get_by_label("fast").fill("40")
    run(form)
    expect(page.get_by_role("group", name="Parameters")).to_contain_text("fast")
    expect(form.get_by_label("fast")).to_be_focused()


def test_what_is_no_json_is_not_sent(form: Locator) -> None:
    lengths = form.get_by_label("lengths")
    lengths.fill("[1,")
    run(form)
    expect(lengths).to_be_focused()
    assert told_of(form, lengths) == "This must be JSON, a text in double quotes."
