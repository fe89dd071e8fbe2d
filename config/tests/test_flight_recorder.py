"""The flight recorder: what came, what was computed, what became of each account, by words and by rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import TradingAccount, Transfer, User
from bots.models import Bot, BotDecision, BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account
from config import flight
from market.models import Instrument
from trading.models import Fill, LimitType, Order, Outcome, RiskLimit, ScopeType, Signal
from trading.traces import told
from webhooks.models import Delivery, Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

pytestmark = pytest.mark.django_db

BUY = b'{"side": "buy", "symbol": "BTCUSDT", "size": "10%", "secret": "hush"}'
Fire = Callable[..., UUID]


@pytest.fixture
def bot(tom: User, account_of: Callable[..., TradingAccount], btcusdt: Instrument, still_market: Any) -> Bot:
    bot = create_bot(owner=tom, name="Dip buyer", symbol="BTCUSDT")
    connect_account(bot, account_of(tom, name="Alone"))
    change_status(bot.id, BotStatus.ACTIVE)
    return bot


@pytest.fixture
def fire(bot: Bot) -> Fire:
    """Send the bot an alert and work it off; returns the signal's id."""

    def send(raw: bytes = BUY) -> UUID:
        sender, origin = Sender(bot, Proof.URL_KEY, ("hush",)), Origin("192.0.2.7", "application/json")
        delivery = take(raw, sender=sender, origin=origin, now=timezone.now())
        work_inbox(bot.id, clock=timezone.now)
        return delivery.correlation_id

    return send


def page_of(operator: Client, signal_id: UUID, **query: str) -> str:
    answer = operator.get(f"/admin/flight/{signal_id}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_trade_is_told_from_its_bytes_to_the_ledger(operator: Client, fire: Fire) -> None:
    page = page_of(operator, fire())
    order, fill, row = Order.objects.get(), Fill.objects.get(), Transfer.objects.latest("number")
    stands = ("192.0.2.7", "It traded. Bought", "rounded down to the lot", "Margin required", str(order.pk)[:8])
    assert [words for words in stands if words not in page] == []
    assert f"{fill.notional:,.8f}" in page
    assert f"ledger {row.number}" in page
    assert f"-{fill.commission:,.8f} USDT" in page
    assert "hush" not in page


def test_the_moments_of_a_signal_come_in_their_order(operator: Client, fire: Fire) -> None:
    signal_id = fire()
    delivery = Delivery.objects.get(correlation_id=signal_id)
    Delivery.objects.update(answered_at=delivery.finished_at + timedelta(milliseconds=3))
    hops = operator.get(f"/admin/flight/{signal_id}/").context["hops"]
    names, milliseconds = [hop[0] for hop in hops], [hop[2] for hop in hops]
    assert names[-2:] == ["delivery closed", "sender answered"]
    assert "When the sender was answered" not in page_of(operator, signal_id)
    assert milliseconds[-1] - milliseconds[-2] == pytest.approx(3, abs=1)


def test_a_breach_is_told_with_its_limit_and_its_measure(operator: Client, bot: Bot, fire: Fire) -> None:
    of_bot = {"scope_type": ScopeType.BOT, "scope_id": bot.id}
    RiskLimit.objects.create(**of_bot, limit_type=LimitType.ORDER_SIZE, limit_value="50")
    page = page_of(operator, fire())
    outcome = Outcome.objects.get()
    assert f"It did not trade, refused with {outcome.code}. " in page
    assert "Limit of order size (bot): " in page
    assert " of 50, breach." in page
    assert "No order was sent." in page


def test_an_account_that_had_nothing_to_do_says_so(operator: Client, fire: Fire) -> None:
    page = page_of(operator, fire(b'{"side": "close", "symbol": "BTCUSDT"}'))
    assert "there was nothing to do (ALREADY_FLAT). There is no position to close." in page


def test_a_signal_that_is_refused_as_a_whole_says_why_no_account_was_asked(
    operator: Client, bot: Bot, fire: Fire
) -> None:
    change_status(bot.id, BotStatus.PAUSED)
    signal_id = fire()
    page = page_of(operator, signal_id)
    assert f"No account was asked: {Signal.objects.get(pk=signal_id).reason}" in page


def test_accounts_come_by_pages_and_are_found_by_name(
    operator: Client, tom: User, bot: Bot, fire: Fire, account_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight, "ACCOUNTS_A_PAGE", 1)
    connect_account(bot, account_of(tom, name="Zebra"))
    signal_id = fire()
    pages = [page_of(operator, signal_id), page_of(operator, signal_id, page="2")]
    assert [(">Alone<" in page, ">Zebra<" in page) for page in pages] == [(True, False), (False, True)]
    assert ">Zebra<" in page_of(operator, signal_id, account="zeb")
    assert "was not connected when the signal came" in page_of(operator, signal_id, status="rejected")


def test_the_queries_do_not_grow_with_accounts(
    operator: Client, tom: User, bot: Bot, fire: Fire, account_of: Any
) -> None:
    first = fire()
    page_of(operator, first)
    before = queries(operator, first)
    _ = [connect_account(bot, account_of(tom, name=f"Paper {number}")) for number in range(10)]
    second = fire(BUY + b" ")
    assert Fill.objects.filter(order__signal=second).count() == 10
    assert queries(operator, second) == before


def queries(operator: Client, signal_id: UUID) -> int:
    with CaptureQueriesContext(connection) as captured:
        page_of(operator, signal_id)
    return len(captured)


def test_no_browser_keeps_the_page(operator: Client, fire: Fire) -> None:
    answer = operator.get(f"/admin/flight/{fire()}/")
    assert "no-store" in answer["Cache-Control"]
    assert "Flight recorder | " in answer.content.decode()


def test_a_trader_is_sent_to_the_login(client: Client, tom: User, fire: Fire) -> None:
    client.force_login(tom)
    address = f"/admin/flight/{fire()}/"
    assert client.get(address)["Location"] == f"/admin/login/?next={address}"


def test_what_is_not_there_is_a_404(operator: Client) -> None:
    assert operator.get(f"/admin/flight/{uuid4()}/").status_code == 404


def test_lists_and_the_signal_lead_to_it(operator: Client, fire: Fire) -> None:
    link = f'href="/admin/flight/{(signal_id := fire())}/"'
    pages = ("", "trading/order/", "webhooks/delivery/", f"trading/signal/{signal_id}/change/")
    assert [page for page in pages if link not in operator.get(f"/admin/{page}").content.decode()] == []


def test_a_line_of_an_unknown_step_is_told_by_its_facts() -> None:
    assert told({"leg": 1, "step": "moon", "phase_of": "new"}) == "phase of new"
    assert told({"step": "margin", "required": "1"}) == "required 1"


def test_a_size_by_risk_names_what_may_be_lost() -> None:
    line = {"step": "equity", "equity": "10000", "risk": "0.01", "stop_loss": "95"}
    assert told(line) == "Equity 10000 × 1 % may be lost between the entry and 95."


def test_a_strategys_signal_is_told_from_its_candle(operator: Client, bot: Bot, fire: Fire) -> None:
    signal_id, at = fire(), timezone.now()
    Delivery.objects.all().delete()
    Signal.objects.update(source="strategy")
    on = {"candle": {"open": 100.5, "close": 101.25}, "rule": "sma_cross", "parameters": {"slow": 37}}
    BotDecision.objects.create(
        bot=bot, symbol="BTCUSDT", interval="5m", opened_at=at, target=-0.5, signal_id=signal_id, decided_at=at, **on
    )
    page = page_of(operator, signal_id)
    stands = ("close of the BTCUSDT 5m candle", "101.25", "SMA cross", "-0.5", "slow</span> 37", "candle closed")
    assert [words for words in stands if words not in page] == []


def test_an_alerts_signal_is_told_without_a_candle(operator: Client, fire: Fire) -> None:
    assert "A strategy decided" not in page_of(operator, fire())
