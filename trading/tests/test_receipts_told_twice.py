"""A receipt that comes a second time, from a run that hung and went on, is told to no stream again."""

import pytest

from conftest import NOW
from core.models import Event
from trading.decisions import IntentSide
from trading.services.receipts import book_receipts
from trading.services.stopwatch import Stopwatch
from trading.tests import venue as answers

pytestmark = pytest.mark.usefixtures("still_market")


def test_a_receipt_that_changes_nothing_is_not_told(venue, on_venue, btcusdt, send):
    given = []
    venue.answers = lambda ticket: given.append(answers.filled(ticket)) or given[-1]
    send(btcusdt, on_venue(1), side=IntentSide.BUY, size="0.1", leverage=5)
    told = Event.objects.count()
    book_receipts(given, clock=lambda: NOW, watch=Stopwatch())
    assert Event.objects.count() == told
