"""Examining the road: signals that do not end, orders of which nobody knows."""

from datetime import timedelta

import pytest

from conftest import NOW
from trading.decisions import IntentSide
from trading.examinations import examine_road, orders_finding, signals_finding
from trading.models import Order

pytestmark = pytest.mark.usefixtures("still_market")

SOON, LATE = NOW + timedelta(seconds=119), NOW + timedelta(seconds=121)


@pytest.mark.django_db
def test_an_empty_road_is_sound():
    assert [finding.level for finding in examine_road()] == ["ok", "ok"]


def test_a_signal_that_ended_is_sound_however_old(send, btcusdt, tom, account_of):
    send(btcusdt, [account_of(tom)], side=IntentSide.BUY, size="0.1")
    assert signals_finding(LATE).level == "ok"


@pytest.mark.parametrize(("now", "level"), [(SOON, "ok"), (LATE, "error")])
def test_a_signal_that_nobody_ran_is_an_error_after_two_minutes(opened, btcusdt, tom, account_of, now, level):
    opened(btcusdt, [account_of(tom)], side=IntentSide.BUY, size="0.1")
    assert signals_finding(now).level == level


@pytest.mark.parametrize("status", ["submitting", "unknown"])
@pytest.mark.parametrize(("now", "level"), [(SOON, "warning"), (LATE, "error")])
def test_an_order_of_which_nobody_knows_is_told(order_of, tom, account_of, status, now, level):
    order_of(account_of(tom), "buy", "0.1")
    Order.objects.update(status=status, updated_at=NOW)
    assert orders_finding(now).level == level


def test_a_filled_order_is_sound(order_of, tom, account_of):
    order_of(account_of(tom), "buy", "0.1")
    assert orders_finding(LATE).level == "ok"
