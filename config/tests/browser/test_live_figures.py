"""What the live page shows while things happen: each position at its own price, the newest figures, what is lost."""

import json
import re
import time
from collections.abc import Callable
from itertools import pairwise
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from config.tests.browser.chromium import log_in
from config.tests.browser.conftest import PATIENCE_MS, fire, spot_market
from config.tests.desks import Desk
from config.tests.processes import run

pytestmark = pytest.mark.proof

A_VIEWER = """
from accounts.models import Share, User
vic = User.objects.create_user("vic", email="vic@example.org", password="Vic-pass-77", role="viewer")
Share.objects.create(user=vic, scope_type="account", scope_id="{account_id}")
"""

SLOW_STATE = """
window.told = { now: 0, most: 0 };
const really = window.fetch;
window.fetch = async (path, options) => {
  if (!String(path).startsWith("/live/state")) return really(path, options);
  told.most = Math.max(told.most, ++told.now);
  await new Promise((done) => setTimeout(done, 1_500));
  try {
    return await really(path, options);
  } finally {
    told.now -= 1;
  }
};
"""
A_TICK = json.dumps(
    {"type": "ticker", "price": "99999", "bid": "99998", "ask": "100000", "timestamp": "2100-01-01T00:00:00Z"}
)
LABELS = """
[...document.querySelectorAll("#chart .annotation")]
  .map((each) => each.getBoundingClientRect())
  .map(({ top, bottom }) => [top, bottom])
"""
COUNT_DRAWINGS = """
window.drawn = 0;
window.probed = 0;
const react = Plotly.react;
Plotly.react = (...how) => {
  drawn += 1;
  return react(...how);
};
new MutationObserver((changes) => (probed += changes.length)).observe(document.body, { childList: true });
"""
WRITE_DOWN_LINK = """
window.said = [];
new MutationObserver(([change]) => said.push(change.target.textContent)).observe(
  document.getElementById("link"), { childList: true },
);
"""


def buy(desk: Desk, quantity: str, **market: str) -> None:
    """Buy on the first account, of BTCUSDT unless another market is named."""
    order = {"account_id": desk.account_id(), "side": "buy", "quantity": quantity, **(market or {"symbol": "BTCUSDT"})}
    assert desk.post("orders", order | {"client_order_id": uuid4().hex}).ok


def buy_off_the_tick(desk: Desk) -> None:
    """Buy on the first account until its average entry lies between two ticks: one buy may miss that by chance."""
    for _ in range(20):
        buy(desk, "0.007")
        held = desk.get(f"accounts/{desk.account_id()}/positions?is_open=true")["items"]
        (entry,) = [each["entry_price"] for each in held if each["symbol"] == "BTCUSDT"]
        if len(entry.partition(".")[2]) > 1:
            return
    raise AssertionError(f"the entry stays on a tick: {entry}")


def until(page: Page, is_so: Callable[[], object]) -> None:
    """Wait until something is so in what was written down of a page."""
    end = time.monotonic() + PATIENCE_MS / 1_000
    while not is_so():
        assert time.monotonic() < end
        page.wait_for_timeout(100)


@pytest.fixture(autouse=True)
def flat(desk: Desk) -> None:
    """Nothing of the coin is held when a test begins."""
    assert desk.post(f"bots/{desk.bot_id()}/terminate").ok


def test_two_markets_of_one_symbol_keep_their_prices_apart(page: Page, desk: Desk) -> None:
    spot = spot_market(desk)
    buy(desk, "0.1", instrument_id=spot)
    buy(desk, "0.001")
    page.goto("/")
    rows = page.locator("#positions tbody tr")
    expect(rows).to_have_count(2)
    assert sorted(rows.locator("td:nth-child(2)").all_inner_texts()) == ["BTCUSDT linear", "BTCUSDT spot"]
    page.get_by_label("Symbol").first.select_option(spot)
    expect(page.get_by_role("img", name="BTCUSDT spot")).to_be_visible()
    page.wait_for_timeout(3_000)  # both tick meanwhile
    now = [float(text.replace(",", "")) for text in rows.locator("td:nth-child(6)").all_inner_texts()]
    assert max(now) > 100 * min(now)
    expect(page.get_by_role("img", name="1 trades, 1 open positions")).to_be_visible()


@pytest.mark.parametrize(("others", "is_told"), [(11, False), (12, True)])
def test_markets_beyond_those_that_tick_are_told(page: Page, desk: Desk, others: int, is_told: bool) -> None:
    buy(desk, "0.001")
    followed = list[str]()
    page.route_web_socket("**/ws/market/**", lambda socket: followed.append(socket.url))
    page.route("**/live/state*", lambda route: hold_more(route, others))
    page.goto("/")
    expect(page.locator("#positions tbody tr")).to_have_count(others + 1)
    expect(page.locator("#positions-age")).to_be_visible(visible=is_told)
    assert len(followed) == 12


def hold_more(route: Route, others: int) -> None:
    """Answer as ever, but with the one position held on so many other markets too."""
    answer = route.fetch()
    told = answer.json()
    for number in range(others):
        other = str(uuid4())
        told["markets"].append(told["markets"][0] | {"id": other, "name": f"COIN{number}"})
        told["positions"]["items"].append(told["positions"]["items"][0] | {"id": other, "market": other})
    route.fulfill(response=answer, json=told)


def test_the_figures_are_read_one_by_one_and_counted_nowhere(page: Page, desk: Desk) -> None:
    page.add_init_script(SLOW_STATE)
    page.goto("/")
    page.locator("#link.live").wait_for()
    page.wait_for_load_state("networkidle")
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    for side in ("buy", "close", "buy"):
        fire(desk, side)
        page.wait_for_timeout(700)
    page.wait_for_timeout(4_000)
    expect(page.locator("#positions-count")).to_have_text("5")
    until(page, lambda: len(asked) > 1)
    assert page.evaluate("told.most") == 1
    assert [url for url in asked if "/api/" in url] == []
    assert len(asked) < 8


def test_a_close_names_the_size_of_now(page: Page, desk: Desk) -> None:
    size = page.locator("#positions tbody tr td:nth-child(4)")
    buy(desk, "0.01")
    expect(size).to_have_text("0.01")
    buy(desk, "0.02")
    expect(size).to_have_text("0.03")
    page.locator("#positions tbody button").click()
    expect(page.locator("#sure-question")).to_contain_text("Close long 0.03 BTCUSDT linear")


def test_a_socket_that_is_lost_is_told_and_what_was_missed_is_read(page: Page, desk: Desk, forgiven: list[str]) -> None:
    forgiven += ["WebSocket", "ERR_INTERNET_DISCONNECTED"]
    lines = list[WebSocketRoute]()

    def between(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    page.route_web_socket(re.compile("/ws/orders"), between)
    page.goto("/")
    page.locator("#link.live").wait_for()
    fire(desk, "buy")
    expect(page.locator("#positions-count")).to_have_text("5")
    page.evaluate(WRITE_DOWN_LINK)
    page.context.set_offline(True)
    lines[0].close(code=1013)
    page.wait_for_timeout(3_000)  # it tries again, and again
    expect(page.locator("#trouble")).to_contain_text("The connection is lost")
    fire(desk, "close")
    with page.expect_request("**/klines/**"):
        page.context.set_offline(False)
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#positions-count")).to_have_text("0")
    assert (set(page.evaluate("said")), "since=" in lines[-1].url) == ({"down", "live"}, True)


def test_a_socket_that_one_may_not_have_leaves_the_page_as_it_is(page: Page) -> None:
    page.route_web_socket(re.compile("/ws/orders"), lambda line: line.close(code=4403))
    page.goto("/")
    visits = list[str]()
    page.on("framenavigated", lambda frame: visits.append(frame.url))
    expect(page.locator("#link")).to_have_text("live")
    page.wait_for_timeout(2_000)
    assert visits == []


def test_a_bot_that_is_made_later_is_followed_too(page: Page, desk: Desk) -> None:
    sent = list[str]()
    page.on("websocket", lambda line: line.on("framesent", lambda text: sent.append(str(text))))
    page.goto("/")
    page.locator("#link.live").wait_for()
    made = desk.post("bots", {"name": "Late", "symbol": "BTCUSDT"}).json()["id"]
    fire(desk, "buy")
    expect(page.locator("#bots")).to_contain_text("Late")
    until(page, lambda: [text for text in sent if made in text and "subscribe" in text])


def test_the_chart_is_drawn_once_a_second_and_its_colours_are_known(page: Page) -> None:
    lines = list[WebSocketRoute]()

    def hold(line: WebSocketRoute) -> None:
        lines.append(line)

    page.route_web_socket(re.compile("/ws/market/"), hold)
    page.goto("/")
    expect(page.get_by_role("img", name="BTCUSDT linear")).to_be_visible()
    page.wait_for_timeout(2_000)
    page.evaluate(COUNT_DRAWINGS)
    began = page.evaluate("performance.now()")
    for _ in range(40):
        lines[-1].send(A_TICK)
        page.wait_for_timeout(100)
    drawn, seconds = page.evaluate("drawn"), (page.evaluate("performance.now()") - began) / 1_000
    assert 1 < drawn < 1.5 * seconds + 2
    assert page.evaluate("probed") == 0


def test_the_chart_follows_light_and_dark(page: Page) -> None:
    line = page.locator("#equity .js-line").first

    def colour() -> str:
        return str(line.evaluate("line => getComputedStyle(line).stroke"))

    light = colour()
    page.emulate_media(color_scheme="dark")
    until(page, lambda: colour() != light)
    page.emulate_media(color_scheme="light")
    until(page, lambda: colour() == light)


def test_an_account_that_is_renamed_is_offered_by_its_new_name(page: Page, desk: Desk) -> None:
    account = f"accounts/{desk.account_id()}"
    renamed = f"{desk.get(account)['name']} again"  # it keeps its place among the others
    expect(page.locator("#worth-account option").first).to_be_attached()
    assert desk.patch(account, {"name": renamed}).ok
    fire(desk, "buy")
    for place in ("#worth-account option", "#order [name=account_id] option", "#accounts td"):
        expect(page.locator(place).filter(has_text=renamed)).to_have_count(1)


def test_a_market_that_is_left_gives_its_place_on_the_chart_to_the_next(page: Page, desk: Desk) -> None:
    buy(desk, "1", symbol="ETHUSDT")
    page.get_by_label("Symbol").first.select_option(label="ETHUSDT linear")
    expect(page.get_by_role("img", name="ETHUSDT linear")).to_be_visible()
    account = f"accounts/{desk.account_id()}/positions"
    (held,) = [each for each in desk.get(account)["items"] if each["symbol"] == "ETHUSDT"]
    assert desk.post(f"{account}/close", {"position_id": held["id"]}).ok
    expect(page.get_by_role("img", name="BTCUSDT linear")).to_be_visible()


def test_an_account_that_is_shared_is_followed_as_ones_own(chromium: Browser, desk: Desk) -> None:
    run("manage.py", "shell", "--no-imports", "-c", A_VIEWER.format(account_id=desk.account_id()), env=desk.env)
    context = chromium.new_context(base_url=desk.base)
    page = context.new_page()
    log_in(page, "vic", "Vic-pass-77")
    page.wait_for_timeout(2_000)  # its first figures are read
    buy(desk, "0.01")
    expect(page.locator("#positions-count")).to_have_text("1")
    expect(page.locator("#accounts-age")).to_be_hidden()
    context.close()


def test_the_chart_is_read_again_after_a_minute(page: Page) -> None:
    page.clock.install()
    page.goto("/")
    expect(page.get_by_role("img", name="BTCUSDT linear")).to_be_visible()
    with page.expect_request("**/klines/**"), page.expect_request("**/performance"):
        page.clock.fast_forward(61_000)


def test_entries_are_told_to_the_tick_and_no_label_lies_on_another(page: Page, desk: Desk) -> None:
    fire(desk, "buy")
    buy_off_the_tick(desk)
    expect(page.get_by_role("img", name="5 open positions")).to_be_visible()
    expect(page.locator("#chart .annotation").first).to_contain_text("entry long")
    page.wait_for_timeout(1_500)  # it is drawn anew with what it holds
    edges = sorted(page.evaluate(LABELS))
    assert all(below[0] >= above[1] - 4 for above, below in pairwise(edges))  # a label has room around its text
    entries = page.locator("#positions tbody td:nth-child(5)")
    shown, exact = entries.all_inner_texts(), [cell.get_attribute("title") or "" for cell in entries.all()]
    assert [re.sub(r"^\d+,\d{3}\.\d$", "", text) for text in shown] == [""] * 5
    assert max(map(len, exact)) > max(map(len, shown))
