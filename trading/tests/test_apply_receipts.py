"""APPLY: each fill counts once, and a word that comes too late changes nothing."""

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from django.db import IntegrityError, transaction

from accounts.selectors.ledger import reconcile
from conftest import NOW
from core.exact import WIDE
from trading.decisions import IntentSide
from trading.models import Fill, Order, Position
from trading.models.orders import ALLOWED_CHANGES, OrderStatus
from trading.selectors.desks import load_desk
from trading.services.apply import apply_receipts
from trading.tests import venue as answers
from trading.tests.venue import executed
from trading.tickets import Receipt, ReceiptStatus

pytestmark = pytest.mark.usefixtures("still_market")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}


@pytest.fixture
def ticket(venue, on_venue, btcusdt, send):
    """The ticket of an order that the venue has taken and not filled."""
    tickets = []
    venue.answers = lambda ticket: tickets.append(ticket) or answers.pending(ticket)
    send(btcusdt, on_venue(1), **BUY)
    return tickets[0]


def apply(ticket, *receipts, known=True):
    """Apply receipts as reconciliation does: under the account's lock, knowing what is booked."""
    with transaction.atomic(), localcontext(WIDE):
        desk = load_desk([ticket.account.id], instruments=[ticket.proposal.instrument], clock=lambda: NOW)
        orders = {(order.account_id, order.client_order_id): order for order in Order.objects.all()}
        booked = Fill.objects.values_list("account_id", "venue_fill_id") if known else ()
        apply_receipts(orders, receipts, desk=desk, known_fills=frozenset(booked))


def books(account):
    order = Order.objects.get()
    return (order.status, order.filled_quantity, Fill.objects.count(), reconcile(account).ledger_balance)


FILLED = ("filled", Decimal("0.1"), 1, Decimal("9999.5"))  # one fill, one commission of 0.5
HALF = ("partially_filled", Decimal("0.05"), 1, Decimal("9999.5"))


def test_a_receipt_is_booked(ticket):
    apply(ticket, answers.filled(ticket))
    assert books(ticket.account) == FILLED


def test_the_same_receipt_again_is_booked_once(ticket):
    apply(ticket, answers.filled(ticket))
    apply(ticket, answers.filled(ticket))
    assert books(ticket.account) == FILLED


def test_the_same_receipt_twice_in_one_breath_is_booked_once(ticket):
    apply(ticket, answers.filled(ticket), answers.filled(ticket))
    assert books(ticket.account) == FILLED


def test_the_database_refuses_it_where_nobody_looked(ticket):
    apply(ticket, answers.filled(ticket))
    with pytest.raises(IntegrityError):
        apply(ticket, answers.filled(ticket), known=False)
    assert books(ticket.account) == FILLED


def test_of_a_growing_list_of_fills_only_the_new_ones_are_booked(ticket):
    # halves of 0.05 with a commission of 0.5 each
    apply(ticket, answers.half_filled(ticket))
    assert books(ticket.account) == HALF
    both = (executed(ticket, "0.5"), executed(ticket, "0.5", number=2))
    apply(ticket, replace(answers.filled(ticket), executions=both))
    assert books(ticket.account) == ("filled", Decimal("0.1"), 2, 9999)


@pytest.mark.parametrize("late", [answers.rejected, answers.unknown, answers.pending, answers.half_filled])
def test_a_word_that_comes_after_the_fill_changes_nothing(ticket, late):
    apply(ticket, answers.filled(ticket))
    before = Order.objects.values("status", "reject_code", "reject_reason").get()
    apply(ticket, replace(late(ticket), executions=answers.filled(ticket).executions))
    assert Order.objects.values("status", "reject_code", "reject_reason").get() == before
    assert books(ticket.account) == FILLED


def test_a_fill_beyond_the_order_is_refused_by_the_database(ticket):
    with pytest.raises(IntegrityError):
        apply(ticket, answers.overfilled(ticket))
    assert books(ticket.account) == ("pending", 0, 0, 10000)
    assert not Position.objects.exists()


def resolved(ticket, status):
    return Receipt(ticket.client_order_id, ticket.account.id, status)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ("submitting", ReceiptStatus.REJECTED, "rejected"),
        ("submitting", ReceiptStatus.UNKNOWN, "unknown"),
        ("submitting", ReceiptStatus.PENDING, "pending"),
        ("unknown", ReceiptStatus.PENDING, "pending"),
        ("unknown", ReceiptStatus.REJECTED, "rejected"),
        ("unknown", ReceiptStatus.FILLED, "filled"),
        ("unknown", ReceiptStatus.UNKNOWN, "unknown"),
        ("pending", ReceiptStatus.REJECTED, "pending"),
        ("pending", ReceiptStatus.UNKNOWN, "pending"),
        ("partially_filled", ReceiptStatus.PENDING, "partially_filled"),
        ("rejected", ReceiptStatus.FILLED, "rejected"),
        ("cancelled", ReceiptStatus.FILLED, "cancelled"),
        ("expired", ReceiptStatus.UNKNOWN, "expired"),
    ],
)
def test_an_order_moves_on_by_the_table(ticket, before, said, after):
    Order.objects.update(status=before)
    apply(ticket, resolved(ticket, said))
    assert Order.objects.get().status == after


@pytest.mark.parametrize("status", OrderStatus)
def test_the_table_names_every_status(status):
    assert status in ALLOWED_CHANGES
    assert OrderStatus.SUBMITTING not in ALLOWED_CHANGES[status]


@pytest.mark.parametrize("status", ["filled", "cancelled", "expired", "rejected"])
def test_what_has_ended_stays_ended(status):
    assert ALLOWED_CHANGES[OrderStatus(status)] == set()
