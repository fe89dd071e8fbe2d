"""flatten: closes what accounts hold, whatever is switched off, in statements that do not grow."""

import uuid

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from conftest import NOW
from market.models import Instrument
from trading.models import Fill, Order, OrderOrigin, Position, ScopeType, SwitchState
from trading.services import flatten as flattening
from trading.services.flatten import flatten, held_in, orders_of_run
from trading.services.scopes import turn_switch
from trading.tests import venue as answers

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def ethusdt(db):
    return Instrument.objects.get(symbol="ETHUSDT")


@pytest.fixture
def holding(order_of, ethusdt):
    """Let an account hold 0.1 BTC long and 1 ETH short."""

    def hold(account):
        order_of(account, "buy", "0.1")
        order_of(account, "sell", "1", instrument=ethusdt)
        return account

    return hold


@pytest.fixture
def account(tom, account_of, holding):
    return holding(account_of(tom))


def closed(accounts, **asked):
    return flatten([account.id for account in accounts], clock=lambda: NOW, **asked)


def held():
    return set(Position.objects.open().values_list("account__name", "instrument__symbol"))


def test_all_positions_of_an_account_are_closed_whole(account):
    closings = closed([account])
    assert {(each.symbol, each.is_closed, each.order.status) for each in closings} == {
        ("BTCUSDT", True, "filled"),
        ("ETHUSDT", True, "filled"),
    }
    assert (held(), reconcile(account).difference) == (set(), 0)


def test_its_orders_reduce_only_and_say_where_they_come_from(account):
    bot_id = uuid.uuid4()
    closed([account], bot_id=bot_id, origin=OrderOrigin.CLOSE_OUT)
    orders = Order.objects.filter(reduce_only=True)
    assert set(orders.values_list("side", "quantity", "origin", "bot_id")) == {
        ("sell", orders.get(side="sell").quantity, "close_out", bot_id),
        ("buy", orders.get(side="buy").quantity, "close_out", bot_id),
    }


def test_only_the_named_instruments_are_closed(account, btcusdt):
    assert [each.symbol for each in closed([account], choose=held_in([btcusdt.id]))] == ["BTCUSDT"]
    assert held() == {("Paper", "ETHUSDT")}


def test_no_instrument_named_is_not_all_of_them(account):
    assert (closed([account], choose=held_in([])), len(held())) == ([], 2)


def test_other_accounts_are_left_alone(account, tom, account_of, holding):
    holding(account_of(tom, name="Other"))
    closed([account])
    assert {name for name, _ in held()} == {"Other"}


@pytest.mark.parametrize("state", [SwitchState.REDUCING, SwitchState.HALTED])
@pytest.mark.parametrize("scope", [ScopeType.SYSTEM, ScopeType.ACCOUNT])
def test_no_switch_stops_it(account, scope, state):
    turn_switch(scope, None if scope == ScopeType.SYSTEM else account.id, state=state, reason="test")
    closed([account])
    assert held() == set()


def test_nor_does_an_account_that_rests(account):
    TradingAccount.objects.update(is_active=False)
    closed([account])
    assert held() == set()


def test_flattening_twice_closes_once(account):
    closed([account])
    assert (closed([account]), Order.objects.filter(reduce_only=True).count()) == ([], 2)


def test_a_position_without_a_price_stays_and_says_why(account, still_market):
    del still_market.prices["ETHUSDT"]
    told = {each.symbol: (each.is_closed, each.code, each.order is None) for each in closed([account])}
    assert told == {"BTCUSDT": (True, "", False), "ETHUSDT": (False, "STALE_QUOTE", True)}
    assert held() == {("Paper", "ETHUSDT")}


def test_an_account_whose_books_fail_is_told_alone(tom, account_of, holding, caplog):
    accounts = [holding(account_of(tom, name=name)) for name in "abc"]
    TradingAccount.objects.filter(name="b").update(transfers_count=0)
    failed = [each for each in closed(accounts) if not each.is_closed]
    assert [(each.account_id, each.code, each.reason) for each in failed] == [
        (accounts[1].id, "INTERNAL", flattening.FAILED)
    ]
    assert {name for name, _ in held()} == {"b"}
    assert str(accounts[1].id) in caplog.text


def test_who_holds_what_is_stored_is_told_by_the_failure_itself(account):
    TradingAccount.objects.update(transfers_count=0)
    with pytest.raises(IntegrityError):
        closed([account], stored=lambda closings: None)
    assert len(held()) == 2


def test_a_database_that_is_away_is_nobodys_fault(account, monkeypatch):
    def away(*_, **__):
        raise OperationalError

    monkeypatch.setattr(flattening, "walk", away)
    with pytest.raises(OperationalError):
        closed([account])


@pytest.fixture
def at_venue(account, venue):
    TradingAccount.objects.update(exchange="fake")
    return account


@pytest.mark.parametrize(
    ("said", "code"),
    [(answers.rejected, "-2010"), (answers.silent, "NO_ANSWER"), (answers.pending, "PENDING")],
)
def test_what_a_venue_has_not_filled_is_not_closed(at_venue, venue, said, code):
    venue.answers = said
    assert [(each.is_closed, each.code) for each in closed([at_venue])] == [(False, code)] * 2
    assert len(held()) == 2


def test_a_part_that_a_venue_filled_is_told(at_venue, venue, btcusdt):
    venue.answers = answers.half_filled
    [told] = closed([at_venue], choose=held_in([btcusdt.id]))
    assert (told.code, told.reason) == ("PARTIALLY_FILLED", "The order is partially_filled; 0.05 of 0.1 is filled.")


def test_the_orders_of_a_run_that_died_are_found_again(at_venue, venue):
    venue.raises, run_id = KeyboardInterrupt(), uuid.uuid4()
    with pytest.raises(KeyboardInterrupt):
        closed([at_venue], run_id=run_id)
    assert [each.code for each in orders_of_run(run_id, at_venue.id)] == ["SUBMITTING"] * 2
    assert orders_of_run(uuid.uuid4(), at_venue.id) == []


def test_what_is_stored_is_told_in_the_transaction_that_stores_it(at_venue, venue):
    told = []
    closed([at_venue], stored=lambda closings: told.append((venue.sent[:], [each.code for each in closings])))
    assert told == [([], ["SUBMITTING"] * 2)]


def test_many_accounts_on_two_venues_take_few_statements(tom, accounts_of, order_of, venue):
    accounts = accounts_of(tom, 12)
    for account in accounts:
        order_of(account, "buy", "0.01")
    TradingAccount.objects.filter(name__lt="003").update(exchange="fake")
    with CaptureQueriesContext(connection) as few:
        closed([accounts[0], accounts[3]])
    with CaptureQueriesContext(connection) as many:
        closed(accounts)
    assert (len(many), held(), Fill.objects.count()) == (len(few), set(), 24)


def test_the_statements_do_not_grow_with_the_positions(tom, account_of, order_of, holding):
    one, two = account_of(tom, name="one"), holding(account_of(tom, name="two"))
    order_of(one, "buy", "0.1")
    counts = []
    for account in (one, two):
        with CaptureQueriesContext(connection) as queries:
            closed([account])
        counts.append(len(queries))
    assert counts[0] == counts[1]
