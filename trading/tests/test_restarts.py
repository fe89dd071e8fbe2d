"""A run that died with orders on their way: the next one asks the venue, never sends again, goes on from the rows."""

import dataclasses

import pytest
from django.db import connection

from conftest import NOW
from core.models import Event
from trading.decisions import IntentSide
from trading.models import Fill, Order, Outcome, Position
from trading.services import signals
from trading.services.receipts import book_receipts
from trading.services.signals import give_up
from trading.services.stopwatch import Stopwatch
from trading.tests import venue as answers

pytestmark = pytest.mark.usefixtures("still_market")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}
SELL = {**BUY, "side": IntentSide.SELL}


@pytest.fixture
def died(venue, run_again):
    """Run a signal in a process that dies once its orders are sent; the venue comes to know what `said` says."""

    def run(signal, said=answers.silent):
        answered = []
        venue.answers = lambda ticket: answered.append(said(ticket))
        venue.watch, venue.raises = lambda: None, None
        place = venue.place

        def sent_and_died(tickets):
            place(tickets)
            raise KeyboardInterrupt

        venue.place = sent_and_died
        with pytest.raises(KeyboardInterrupt):
            run_again(signal)
        venue.place, venue.answers = place, answers.filled
        venue.knows = {receipt.client_order_id: receipt for receipt in answered if receipt}

    return run


def test_what_the_venue_filled_meanwhile_is_booked(venue, on_venue, btcusdt, opened, died, run_again, outcomes):
    signal = opened(btcusdt, on_venue(3), **BUY)
    died(signal, answers.filled)
    again = run_again(signal)
    assert (outcomes(signal), Fill.objects.count()) == ([("filled", "")] * 3, 3)
    assert (len(venue.sent), again.status, again.success_count) == (3, "processed", 3)


def test_what_the_venue_refused_meanwhile_is_told(venue, on_venue, btcusdt, opened, died, run_again, outcomes):
    signal = opened(btcusdt, on_venue(1), **BUY)
    died(signal, answers.rejected)
    run_again(signal)
    assert (outcomes(signal), len(venue.sent)) == ([("rejected", "-2010")], 1)


def test_what_the_venue_cannot_tell_of_is_unknown_and_not_sent_again(
    venue, on_venue, btcusdt, opened, died, run_again, outcomes
):
    signal = opened(btcusdt, on_venue(3), **BUY)
    died(signal)
    again = run_again(signal)
    assert outcomes(signal) == [("unknown", "NO_ANSWER")] * 3
    assert (len(venue.sent), again.status, again.error_count) == (3, "processed", 3)


def test_a_venue_that_breaks_when_it_is_asked_leaves_them_unknown(
    venue, on_venue, btcusdt, opened, died, run_again, outcomes, monkeypatch
):
    signal = opened(btcusdt, on_venue(2), **BUY)
    died(signal)
    monkeypatch.setattr(type(venue), "status_of", lambda *_: 1 / 0)
    run_again(signal)
    assert (outcomes(signal), len(venue.sent)) == ([("unknown", "NO_ANSWER")] * 2, 2)


def test_what_was_unknown_and_is_told_later_changes_outcome_and_counts(
    on_venue, btcusdt, opened, died, run_again, outcomes
):
    signal = opened(btcusdt, on_venue(2), **BUY)
    said = []
    died(signal, lambda ticket: said.append(answers.filled(ticket)))
    run_again(signal)
    book_receipts(said[:1], clock=lambda: NOW, watch=Stopwatch())
    signal.refresh_from_db()
    assert sorted(outcomes(signal)) == [("filled", ""), ("unknown", "NO_ANSWER")]
    assert (signal.success_count, signal.error_count) == (1, 1)


def test_a_reversal_whose_close_had_filled_goes_on_to_open(
    venue, on_venue, btcusdt, opened, send, died, run_again, outcomes
):
    accounts = on_venue(2)
    send(btcusdt, accounts, **BUY)
    signal = opened(btcusdt, accounts, **SELL)
    died(signal, answers.filled)
    run_again(signal)
    assert (outcomes(signal), len(venue.sent)) == ([("filled", "")] * 2, 6)
    assert set(Position.objects.open().values_list("side", flat=True)) == {"short"}


def test_a_reversal_that_died_on_its_second_leg_is_not_opened_twice(
    venue, on_venue, btcusdt, opened, send, died, run_again, outcomes
):
    [account] = on_venue(1)
    send(btcusdt, [account], **BUY)
    signal = opened(btcusdt, [account], **SELL)
    died(signal, answers.filled)
    died(signal, answers.filled)
    run_again(signal)
    assert (outcomes(signal), len(venue.sent)) == ([("filled", "")], 3)
    assert list(Order.objects.filter(signal=signal).order_by("leg").values_list("leg", "status")) == [
        (1, "filled"),
        (2, "filled"),
    ]


def test_a_close_that_is_told_after_the_signal_has_ended_opens_nothing(
    venue, on_venue, btcusdt, opened, send, died, run_again
):
    [account] = on_venue(1)
    send(btcusdt, [account], **BUY)
    signal = opened(btcusdt, [account], **SELL)
    said = []
    died(signal, lambda ticket: said.append(answers.filled(ticket)))
    run_again(signal)
    book_receipts(said, clock=lambda: NOW, watch=Stopwatch())
    run_again(signal)
    outcome = Outcome.objects.get(signal=signal)
    assert (outcome.status, outcome.reason) == (
        "filled",
        "Sold 0.1 BTC at 50000, closing the position. The signal had ended by then: nothing was opened.",
    )
    assert (len(venue.sent), Position.objects.open().count(), outcome.opens_next) == (2, 0, False)


def test_the_arithmetic_of_an_order_is_kept_with_it_before_it_is_sent(on_venue, btcusdt, opened, died):
    signal = opened(btcusdt, on_venue(1), **BUY)
    died(signal)
    outcome = Outcome.objects.get()
    assert (outcome.status, {line["step"] for line in outcome.trace} >= {"quote", "size", "price"}) == ("pending", True)


def test_a_signal_is_not_closed_while_another_run_has_orders_on_their_way(
    on_venue, btcusdt, opened, died, run_again, monkeypatch
):
    signal = opened(btcusdt, on_venue(2), **BUY)
    died(signal)
    monkeypatch.setattr(signals, "settle_left_behind", lambda *_, **__: None)
    again = run_again(signal)
    assert (again.status, again.finished_at) == ("processing", None)


def test_a_signal_that_is_given_up_says_what_may_have_been_sent(on_venue, btcusdt, opened, died, outcomes):
    accounts = on_venue(2)
    signal = opened(btcusdt, accounts, **BUY)
    Outcome.objects.filter(account=accounts[0]).update(status="skipped")
    died(signal)
    Outcome.objects.filter(account=accounts[0]).update(status="pending")
    give_up(signal.pk, clock=lambda: NOW)
    signal.refresh_from_db()
    order = Order.objects.get()
    assert (order.status, order.reject_code) == ("unknown", "INTERNAL")
    told = Event.objects.filter(stream=f"account:{order.account_id}").latest("id").message["facts"]
    assert [(fact["type"], fact["status"]) for fact in told] == [("OrderChanged", "unknown")]
    assert outcomes(signal) == [("rejected", "INTERNAL"), ("unknown", "INTERNAL")]
    assert (signal.status, signal.error_count, signal.finished_at) == ("processed", 2, NOW)


def test_giving_up_a_signal_that_has_ended_changes_nothing(venue, on_venue, btcusdt, send, outcomes):
    signal = send(btcusdt, on_venue(1), **BUY)
    give_up(signal.pk, clock=lambda: NOW)
    assert outcomes(signal) == [("filled", "")]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite stores any text")
def test_what_a_venue_says_that_cannot_be_stored_leaves_the_order_unknown(venue, on_venue, btcusdt, send, outcomes):
    venue.answers = lambda ticket: dataclasses.replace(answers.filled(ticket), venue_order_id="\x00")
    signal = send(btcusdt, on_venue(2), **BUY)
    assert (outcomes(signal), signal.status) == ([("unknown", "INTERNAL")] * 2, "processed")
