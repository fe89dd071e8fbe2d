"""A broker outside: an order is stored before it is sent, sent once, and what the venue says is booked once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import reconcile
from conftest import NOW
from trading.decisions import IntentSide
from trading.models import Fill, Order, Position
from trading.selectors.desks import load_desk
from trading.services import receipts
from trading.services.apply import apply_receipts
from trading.tests import venue as answers
from trading.tickets import Receipt, ReceiptStatus

pytestmark = pytest.mark.usefixtures("still_market")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}
SELL = {**BUY, "side": IntentSide.SELL}


def statuses():
    return list(Order.objects.order_by("account__name", "leg").values_list("status", flat=True))


def seen_from_outside():
    """What another connection sees of the orders now."""

    def look():
        try:
            return statuses()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(look).result()


@pytest.mark.django_db(transaction=True)
def test_orders_are_committed_as_submitting_before_the_broker_hears_of_them(venue, on_venue, btcusdt, send):
    seen = []
    venue.watch = lambda: seen.append((connection.in_atomic_block, seen_from_outside()))
    send(btcusdt, on_venue(2), **BUY)
    assert seen == [(False, ["submitting", "submitting"])]
    assert statuses() == ["filled", "filled"]


@pytest.mark.django_db(transaction=True)
def test_a_direct_order_too_is_committed_before_the_broker_hears_of_it(venue, on_venue, order_of):
    seen = []
    venue.watch = lambda: seen.append((connection.in_atomic_block, seen_from_outside()))
    order_of(on_venue(1)[0], "buy", "0.1")
    assert (seen, statuses()) == ([(False, ["submitting"])], ["filled"])


def test_a_fill_of_the_venue_is_booked_as_the_venue_says(venue, on_venue, btcusdt, send, outcomes):
    # 0.1 at 50,000 with a commission of 0.5
    [account] = on_venue(1)
    signal = send(btcusdt, [account], **BUY)
    order, fill, position = Order.objects.get(), Fill.objects.get(), Position.objects.get()
    assert (order.status, order.venue_order_id) == ("filled", f"v-{order.client_order_id}")
    assert (fill.price, fill.quantity, fill.commission) == (50000, Decimal("0.1"), Decimal("0.5"))
    assert (position.size, position.entry_cost, position.fee) == (Decimal("0.1"), 5000, Decimal("0.5"))
    assert TradingAccount.objects.get().balance == Decimal("9999.5")
    assert outcomes(signal) == [("filled", "")]


@pytest.mark.parametrize(
    ("said", "order_status", "outcome", "fills"),
    [
        (answers.filled, "filled", ("filled", ""), 1),
        (answers.half_filled, "partially_filled", ("partially_filled", ""), 1),
        (answers.pending, "pending", ("pending", ""), 0),
        (answers.rejected, "rejected", ("rejected", "-2010"), 0),
        (answers.unknown, "unknown", ("unknown", ""), 0),
        (answers.silent, "unknown", ("unknown", "NO_ANSWER"), 0),
        (answers.overfilled, "unknown", ("unknown", "INTERNAL"), 0),
    ],
)
def test_what_the_venue_says_becomes_the_order_and_the_outcome(
    venue, on_venue, btcusdt, send, outcomes, said, order_status, outcome, fills
):
    venue.answers = said
    accounts = on_venue(3)
    signal = send(btcusdt, accounts, **BUY)
    assert (statuses(), outcomes(signal), Fill.objects.count()) == ([order_status] * 3, [outcome] * 3, 3 * fills)
    assert {reconcile(account).difference for account in accounts} == {0}


def test_a_rejected_order_keeps_the_words_of_the_venue_and_moves_no_money(venue, on_venue, btcusdt, send):
    venue.answers = answers.rejected
    [account] = on_venue(1)
    send(btcusdt, [account], **BUY)
    assert Order.objects.values_list("reject_code", "reject_reason").get() == (
        "-2010",
        "Account has insufficient balance.",
    )
    assert Transfer.objects.get().reference == "opening"


@pytest.mark.parametrize("many", [1, 2, 5])
def test_a_broker_that_breaks_leaves_every_order_unknown(venue, on_venue, btcusdt, send, outcomes, many):
    venue.raises = RuntimeError("the wire was cut")
    signal = send(btcusdt, on_venue(many), **BUY)
    assert (statuses(), outcomes(signal)) == (["unknown"] * many, [("unknown", "NO_ANSWER")] * many)
    assert (signal.status, signal.success_count, signal.error_count) == ("processed", 0, many)
    assert len(venue.sent) == len(set(venue.sent)) == many


def test_what_was_sent_to_a_broker_that_broke_is_never_sent_again(venue, on_venue, btcusdt, send, run_again):
    venue.raises = RuntimeError("cut")
    signal = send(btcusdt, on_venue(3), **BUY)
    venue.raises = None
    run_again(signal)
    assert len(venue.sent) == len(set(venue.sent)) == 3
    assert not Fill.objects.exists()


def test_accounts_that_the_plan_refused_stay_refused_when_the_broker_breaks(
    venue, on_venue, btcusdt, send, outcomes, run_again
):
    accounts = on_venue(3)
    TradingAccount.objects.filter(name="001").update(is_active=False)
    venue.raises = RuntimeError("cut")
    signal = send(btcusdt, accounts, **BUY)
    TradingAccount.objects.update(is_active=True)
    run_again(signal)
    assert outcomes(signal) == [("unknown", "NO_ANSWER"), ("rejected", "ACCOUNT_INACTIVE"), ("unknown", "NO_ANSWER")]
    assert len(venue.sent) == 2


def test_a_ticket_that_the_venue_does_not_answer_is_unknown_and_the_others_trade(
    venue, on_venue, btcusdt, send, outcomes
):
    venue.answers = lambda ticket: answers.filled(ticket) if ticket.account.name != "001" else None
    signal = send(btcusdt, on_venue(3), **BUY)
    assert outcomes(signal) == [("filled", ""), ("unknown", "NO_ANSWER"), ("filled", "")]
    assert statuses() == ["filled", "unknown", "filled"]


def test_an_answer_that_nobody_asked_for_is_passed_over(venue, on_venue, btcusdt, send, outcomes):
    stray = Receipt("stray", on_venue(1)[0].id, ReceiptStatus.FILLED)
    venue.place = lambda tickets: [*map(answers.filled, tickets), stray]
    signal = send(btcusdt, list(TradingAccount.objects.all()), **BUY)
    assert (outcomes(signal), Fill.objects.count()) == ([("filled", "")], 1)


def test_an_answer_that_comes_twice_is_booked_once(venue, on_venue, btcusdt, send, outcomes):
    venue.place = lambda tickets: [answers.filled(ticket) for ticket in tickets for _ in range(2)]
    [account] = on_venue(1)
    signal = send(btcusdt, [account], **BUY)
    assert (outcomes(signal), Fill.objects.count()) == ([("filled", "")], 1)
    assert reconcile(account).ledger_balance == Decimal("9999.5")


def test_a_fill_that_came_another_way_first_is_booked_once(venue, on_venue, btcusdt, send, outcomes, caplog):
    def heard_on_a_stream(tickets):
        receipts = [answers.filled(ticket) for ticket in tickets]
        book(tickets, receipts)
        return receipts

    venue.place = heard_on_a_stream
    [account] = on_venue(1)
    signal = send(btcusdt, [account], **BUY)
    assert (outcomes(signal), Fill.objects.count(), caplog.records) == ([("filled", "")], 1, [])
    assert reconcile(account).ledger_balance == Decimal("9999.5")


def book(tickets, receipts):
    with transaction.atomic():
        instruments = [ticket.proposal.instrument for ticket in tickets]
        desk = load_desk([ticket.account.id for ticket in tickets], instruments=instruments, clock=lambda: NOW)
        apply_receipts(
            {(order.account_id, order.client_order_id): order for order in Order.objects.all()}, receipts, desk=desk
        )


@pytest.mark.parametrize("bad", [{"000"}, {"003"}, {"006"}, {"001", "005"}])
def test_an_account_whose_books_fail_is_unknown_and_the_others_are_booked(
    venue, on_venue, btcusdt, send, outcomes, bad
):
    accounts = on_venue(7)
    TradingAccount.objects.filter(name__in=bad).update(transfers_count=0)  # its next row number is taken
    signal = send(btcusdt, accounts, **BUY)
    expected = [("unknown", "INTERNAL") if account.name in bad else ("filled", "") for account in accounts]
    assert outcomes(signal) == expected
    assert Fill.objects.count() == Position.objects.count() == 7 - len(bad)
    assert {reconcile(account).difference for account in accounts} == {0}
    assert len(venue.sent) == len(set(venue.sent)) == 7


def test_a_database_that_goes_away_after_sending_is_no_verdict(
    venue, on_venue, btcusdt, opened, monkeypatch, run_again
):
    signal = opened(btcusdt, on_venue(2), **BUY)
    with monkeypatch.context() as patch:
        patch.setattr(receipts, "apply_receipts", away)
        with pytest.raises(OperationalError):
            run_again(signal)
    assert statuses() == ["submitting", "submitting"]
    run_again(signal)
    assert (len(venue.sent), statuses()) == (2, ["unknown", "unknown"])


def away(*_, **__):
    raise OperationalError("server closed the connection")


def test_a_reversal_is_two_orders_at_the_venue(venue, on_venue, btcusdt, send, outcomes):
    accounts = on_venue(2)
    send(btcusdt, accounts, **BUY)
    signal = send(btcusdt, accounts, **SELL)
    assert outcomes(signal) == [("filled", "")] * 2
    assert list(Position.objects.open().values_list("side", "size")) == [("short", Decimal("0.1"))] * 2
    assert len(venue.sent) == len(set(venue.sent)) == 6


@pytest.mark.parametrize(
    "said", [answers.pending, answers.half_filled, answers.rejected, answers.unknown, answers.silent]
)
def test_a_reversal_whose_close_is_not_sure_opens_nothing(venue, on_venue, btcusdt, send, said):
    accounts = on_venue(2)
    send(btcusdt, accounts, **BUY)
    venue.answers = said
    send(btcusdt, accounts, **SELL)
    assert list(Order.objects.filter(leg=2)) == []
    assert set(Position.objects.open().values_list("side", flat=True)) == {"long"}


def test_a_direct_order_whose_broker_breaks_is_answered_as_unknown(venue, on_venue, order_of):
    venue.raises = RuntimeError("cut")
    order = order_of(on_venue(1)[0], "buy", "0.1")
    assert (order.status, Order.objects.get().status) == ("unknown", "unknown")


@pytest.mark.parametrize(("said", "status"), [(answers.filled, "filled"), (answers.rejected, "rejected")])
def test_a_direct_order_is_answered_with_what_the_venue_said(venue, on_venue, order_of, said, status):
    venue.answers = said
    assert order_of(on_venue(1)[0], "buy", "0.1").status == status


def test_a_direct_order_that_the_plan_refuses_is_never_sent(venue, on_venue, order_of):
    with pytest.raises(Exception, match="margin"):
        order_of(on_venue(1)[0], "buy", "100")
    assert (venue.sent, Order.objects.count()) == ([], 0)
