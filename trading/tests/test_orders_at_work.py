"""Orders at work: what they tie up, and how they are cancelled."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.figures import figures_of
from conftest import NOW
from core.errors import AppError
from core.models import Event
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Fill, Order, OrderStatus, OrderType
from trading.services.cancel import NotWorking, cancel_order, cancel_orders
from trading.services.matching import match
from trading.tests.venue import pending
from trading.tickets import Receipt, ReceiptStatus

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def resting(order_of):
    """Place a limit order that rests: `resting(account, "buy", "0.1", "40000")`."""

    def place(account, side, quantity, price, **asked):
        return order_of(account, side, quantity, order_type=OrderType.LIMIT, price=Decimal(price), **asked)

    return place


def tied(account):
    return figures_of([account], NOW)[account.id].order_margin


def cancel(order):
    return cancel_order(order.id, clock=lambda: NOW)


# Leverage is 10 throughout.
def test_an_order_at_work_ties_up_its_margin(account, resting):
    resting(account, "buy", "0.1", "40000")
    resting(account, "sell", "0.1", "60000")
    assert tied(account) == 400 + 600
    account.refresh_from_db()
    assert figures_of([account], NOW)[account.id].margin_available == 10000 - 1000


def test_what_only_closes_ties_up_nothing_and_what_is_more_does(account, order_of, resting):
    order_of(account, "buy", "0.1")
    resting(account, "sell", "0.1", "60000")
    assert tied(account) == 0
    resting(account, "sell", "0.1", "60000")
    assert tied(account) == 600


def test_reduce_only_ties_up_nothing(account, order_of, resting):
    order_of(account, "buy", "0.1")
    resting(account, "sell", "0.1", "60000", reduce_only=True)
    resting(account, "sell", "0.1", "60000")
    assert tied(account) == 0


def test_what_orders_at_work_tie_up_cannot_be_used_again(account, order_of, resting):
    resting(account, "buy", "2", "40000")
    with pytest.raises(AppError) as refused:
        order_of(account, "buy", "0.5")
    assert refused.value.code == "INSUFFICIENT_MARGIN"
    assert "needs 2500 of margin; 1995 is available" in refused.value.message


def test_an_order_that_rests_needs_its_margin_and_its_fee(account, resting):
    with pytest.raises(AppError) as refused:
        resting(account, "buy", "2.5", "40000")
    assert "needs 10000 of margin; 9980 is available" in refused.value.message
    assert not Order.objects.exists()


def test_an_order_that_would_lower_the_leverage_of_what_is_held_needs_margin_for_all_of_it(account, order_of, resting):
    # 0.9 × 50,000 at 10 × ties up 4,500; with 0.001 × 49,000 more at 1 × it would be 45,049
    order_of(account, "buy", "0.9")
    with pytest.raises(AppError) as refused:
        resting(account, "buy", "0.001", "49000", leverage=1)
    assert "needs 40549 of margin" in refused.value.message


def test_an_order_through_zero_has_what_closed_before_count_as_opening(account, order_of, resting):
    # Long 1; the resting sell of 1 only closes. Sold 2, short 1, it would open: 6,000 beside 5,000 is too much.
    order_of(account, "buy", "1")
    resting(account, "sell", "1", "60000")
    with pytest.raises(AppError) as refused:
        order_of(account, "sell", "2")
    assert (refused.value.code, "3970 is available" in refused.value.message) == ("INSUFFICIENT_MARGIN", True)


def test_a_cancelled_order_ties_up_nothing_and_is_met_no_more(account, resting, btcusdt):
    order = cancel(resting(account, "buy", "0.1", "40000"))
    assert (order.status, order.margin, tied(account)) == ("cancelled", 0, 0)
    match([PriceRange.of(btcusdt, [Quote(btcusdt.id, *[Decimal(39000)] * 3, NOW)])], clock=lambda: NOW)
    assert not Fill.objects.exists()


def test_the_stream_of_the_account_is_told_of_a_cancel(account, resting):
    cancel(resting(account, "buy", "0.1", "40000"))
    assert Event.objects.latest("id").message["facts"][0]["status"] == "cancelled"


def test_a_filled_order_cannot_be_cancelled(account, order_of):
    order = order_of(account, "buy", "0.1")
    with pytest.raises(NotWorking, match=r"filled: there is nothing to cancel"):
        cancel(order)


def test_the_statements_of_a_cancel_do_not_grow_with_the_orders(tom, accounts_of, resting):
    counts = []
    for many in (2, 8):
        orders = [resting(account, "buy", "0.1", "40000") for account in accounts_of(tom, many)]
        with CaptureQueriesContext(connection) as queries:
            cancelled = cancel_orders([order.id for order in orders], reason="Enough.", clock=lambda: NOW)
        counts.append(len(queries))
        assert {(order.status, order.reject_reason) for order in cancelled} == {("cancelled", "Enough.")}
    assert counts[0] == counts[1]


def test_a_venue_is_asked_to_cancel_once_the_wish_is_stored(venue, on_venue, order_of):
    [account] = on_venue(1)
    venue.answers = pending
    order = order_of(account, "buy", "0.1")
    venue.knows[order.client_order_id] = Receipt(order.client_order_id, account.id, ReceiptStatus.CANCELLED)
    assert (cancel(order).status, venue.cancelled) == ("cancelled", [order.client_order_id])


@pytest.mark.parametrize("silence", [None, TimeoutError("the line was cut")])
def test_an_order_whose_venue_does_not_answer_stays_at_work_and_marked(venue, on_venue, order_of, silence):
    [account] = on_venue(1)
    venue.answers = pending
    order = order_of(account, "buy", "0.1")
    venue.raises = silence
    cancelled = cancel(order)
    assert (cancelled.status, cancelled.cancel_requested_at) == ("pending", NOW)


def test_a_venue_may_have_filled_it_meanwhile(venue, on_venue, order_of):
    [account] = on_venue(1)
    venue.answers = pending
    order = order_of(account, "buy", "0.1")
    venue.knows[order.client_order_id] = Receipt(order.client_order_id, account.id, ReceiptStatus.FILLED)
    assert cancel(order).status == "filled"


@pytest.mark.django_db(transaction=True)
def test_of_a_cancel_and_a_fill_at_once_one_comes_true(tom, account_of, resting, btcusdt, on_postgresql):
    account = account_of(tom)
    orders = [resting(account, "buy", "0.01", "40000") for _ in range(6)]
    prices = PriceRange.of(btcusdt, [Quote(btcusdt.id, *[Decimal(39000)] * 3, NOW)])
    jobs = [lambda: match([prices], clock=lambda: NOW)] * 2
    jobs += [lambda order=order: _quietly(order) for order in orders]
    _at_once(jobs)
    ends = set(Order.objects.values_list("status", flat=True))
    assert ends <= {OrderStatus.FILLED, OrderStatus.CANCELLED}
    assert Fill.objects.count() == Order.objects.filter(status="filled").count()


def _quietly(order):
    try:
        cancel(order)
    except NotWorking:
        return


def _at_once(jobs):
    def run(job):
        try:
            job()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
