"""Bursts, copies and many processes at once: order of arrival, one set of orders, no deadlock, nothing locked."""

import pytest

from config.tests.proof.conftest import BOTH
from config.tests.proof.doses import COPIES, SIGNALS
from config.tests.proof.senders import Senders

pytestmark = [pytest.mark.proof, pytest.mark.parametrize("database", BOTH)]

PROCESSES = 4
BURST = 20
IN_ORDER_OF_ARRIVAL = "SELECT correlation_id FROM webhooks_delivery WHERE duplicate_of_id IS NULL ORDER BY id"
IN_ORDER_OF_TRADING = """
    SELECT o.account_id, d.id FROM trading_order o JOIN webhooks_delivery d ON d.correlation_id = o.signal_id
    ORDER BY o.account_id, o.created_at, o.leg"""


def sides_of_a_burst() -> list[str]:
    return ["buy", "sell"] * (BURST // 2)


def test_a_burst_from_one_sender_is_traded_in_the_order_it_was_sent(database, desk_on, luck):
    desk = desk_on(database, WEBHOOK_WAIT_SECONDS="0.01")
    desk.start()
    senders = Senders(desk, luck=luck, many=1)
    senders.burst(desk.bots[0], sides_of_a_burst())
    desk.books.settle(seconds=180)
    traded = desk.books.rows(IN_ORDER_OF_TRADING)
    assert desk.books.keys(IN_ORDER_OF_ARRIVAL) == [key.replace("-", "") for key in senders.acknowledged]
    assert (traded, len(traded)) == (sorted(traded), 4 * (2 * BURST - 1))
    assert desk.books.complaints(senders.acknowledged) == {}


def test_a_burst_from_twenty_senders_is_traded_in_the_order_it_was_stored(database, desk_on, luck):
    desk = desk_on(database)
    desk.start()
    senders = Senders(desk, luck=luck, many=BURST)
    senders.burst(desk.bots[0], sides_of_a_burst())
    desk.books.settle(seconds=180)
    traded = desk.books.rows(IN_ORDER_OF_TRADING)
    assert traded == sorted(traded)
    assert desk.books.complaints(senders.acknowledged) == {}


@pytest.mark.parametrize("alert_id", ["the same", ""], ids=["by its id", "by its bytes"])
def test_one_alert_many_times_over_all_processes_is_one_order_per_account(alert_id, database, desk_on, luck, report):
    desk = desk_on(database)
    desk.serve_on(PROCESSES)
    desk.start()
    senders = Senders(desk, luck=luck, many=COPIES)
    senders.same(COPIES, desk.bots[0], alert_id=alert_id)
    senders.end()
    desk.books.settle(seconds=180)
    report(senders, desk.books)
    assert (set(senders.statuses), len(set(senders.acknowledged))) == ({200}, 1)
    assert desk.books.rows("SELECT COUNT(*) FROM trading_order") == [(desk.bots[0].accounts,)]
    assert desk.books.complaints(senders.acknowledged) == {}


def test_signals_of_all_processes_on_shared_accounts_never_stand_in_each_others_way(database, desk_on, luck, report):
    desk = desk_on(database)
    desk.serve_on(PROCESSES)
    desk.workers = PROCESSES
    desk.start()
    senders = Senders(desk, luck=luck)
    senders.fire(SIGNALS)
    senders.end()
    last = desk.books.settle(seconds=300)
    report(senders, desk.books, last=last)
    assert desk.log_lines("deadlock", "database is locked", "OperationalError", "Traceback") == []
    assert (len(senders.acknowledged), desk.books.deadlocks()) == (SIGNALS, 0)
    assert desk.books.complaints(senders.acknowledged) == {}
