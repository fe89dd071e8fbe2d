"""Several proposals on one account in one batch: each is planned as if those before it were filled."""

from decimal import Decimal

import pytest

from conftest import NOW
from core.exact import WIDE
from market.models import Instrument
from trading.brokers.paper import PaperBroker
from trading.models import OrderSide, OrderType, Position
from trading.selectors.desks import load_desk
from trading.services.plan import make_plan
from trading.services.road import walk
from trading.tickets import Proposal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def proposal(account, btcusdt):
    """Propose an order on the account: `proposal("buy", "1")`, numbered as they come."""
    made = []

    def propose(side, quantity=None, **asked):
        made.append(side)
        asked = {"account_id": account.id, "instrument": btcusdt, "leverage": 10, **asked}
        size = None if quantity is None else Decimal(quantity)
        return Proposal(side=OrderSide(side), quantity=size, client_order_id=f"{len(made):032}", **asked)

    return propose


def planned(proposals):
    """Return the sizes of the tickets and the codes of the refusals, and whether the desk is as it was."""
    instruments = {proposal.instrument.id: proposal.instrument for proposal in proposals}
    desk = load_desk(
        {proposal.account_id for proposal in proposals},
        instruments=instruments.values(),
        clock=lambda: NOW,
        lock=False,
    )
    before = _state(desk)
    plan = make_plan(proposals, desk)
    assert _state(desk) == before
    return [ticket.quantity for ticket in plan.tickets], [refusal.code for refusal in plan.refusals]


def _state(desk):
    held = {(key, p.size, p.entry_cost) for of_account in desk.positions.values() for key, p in of_account.items()}
    return held, {account.balance for account in desk.accounts.values()}


def test_two_that_fit_alone_and_not_together_are_one(proposal):
    # 1 BTC ties up 5,000 and costs 10; then 0.998 need 4,990 + 9.98 more, and 4,990 are left
    assert planned([proposal("buy", "1"), proposal("buy", "0.998")]) == ([Decimal(1)], ["INSUFFICIENT_MARGIN"])


def test_two_that_fit_together_are_two(proposal):
    assert planned([proposal("buy", "1"), proposal("buy", "0.996")]) == ([Decimal(1), Decimal("0.996")], [])


def test_on_two_instruments_too(proposal):
    eth = Instrument.objects.get(symbol="ETHUSDT")
    sizes, codes = planned([proposal("buy", "1"), proposal("sell", "20", instrument=eth)])
    assert (sizes, codes) == ([Decimal(1)], ["INSUFFICIENT_MARGIN"])


def test_orders_that_rest_tie_up_margin_for_those_after_them(proposal):
    # 1.2 × 49,000 ÷ 10 = 5,880 each
    limits = [proposal("buy", "1.2", order_type=OrderType.LIMIT, price=Decimal(49000)) for _ in range(2)]
    assert planned(limits) == ([Decimal("1.2")], ["INSUFFICIENT_MARGIN"])


def test_what_is_filled_in_part_ties_up_the_rest_too(proposal, btcusdt):
    # 0.5 of 1.2 are filled at once: 2,500 + 5 of fee; 0.7 rest: 3,500; 3,995 are left, less what that costs
    btcusdt.liquidity = Decimal("0.5")
    sizes, codes = planned([proposal("buy", "1.2"), proposal("buy", "0.8")])
    assert (sizes, codes) == ([Decimal("1.2")], ["INSUFFICIENT_MARGIN"])


def test_a_position_is_closed_once(proposal, account, order_of):
    order_of(account, "buy", "0.1")
    sizes, codes = planned([proposal("sell", reduce_only=True) for _ in range(2)])
    assert (sizes, codes) == ([Decimal("0.1")], ["NOTHING_TO_REDUCE"])


def test_what_an_earlier_one_left_is_what_a_later_one_closes(proposal, account, order_of):
    order_of(account, "buy", "0.1")
    parts = [proposal("sell", "0.07", reduce_only=True) for _ in range(2)]
    assert planned(parts) == ([Decimal("0.07"), Decimal("0.03")], [])


def test_a_profit_that_closing_books_is_there_for_the_next(proposal, account, order_of, still_market):
    # 1 BTC from 50,000 to 60,000 wins 10,000: 19,978 are free, and 3.3 at 60,000 need 19,800 + 39.6
    order_of(account, "buy", "1")
    still_market.set("BTCUSDT", "60000")
    sizes, codes = planned([proposal("sell", reduce_only=True), proposal("buy", "3.3")])
    assert (sizes, codes) == ([Decimal(1), Decimal("3.3")], [])


def test_other_accounts_of_the_batch_do_not_feel_it(proposal, tom, account_of):
    other = account_of(tom, name="Other")
    sizes, codes = planned([proposal("buy", "1"), proposal("buy", "1", account_id=other.id), proposal("buy", "0.9")])
    assert (sizes, codes) == ([Decimal(1), Decimal(1), Decimal("0.9")], [])


def test_the_books_say_what_the_plan_said(proposal, account, btcusdt):
    proposals = [proposal("buy", "1"), proposal("sell", "1.5"), proposal("buy", "0.2")]
    batch = walk(
        [account.id],
        instruments=[btcusdt],
        broker=PaperBroker(),
        propose=lambda _: proposals,
        record=lambda _: (),
        clock=lambda: NOW,
    )
    # 1 long, turned into 0.5 short, of which 0.2 are bought back
    position = Position.objects.open().get()
    assert (position.side, position.size, position.entry_cost) == ("short", Decimal("0.3"), Decimal(15000))
    account.refresh_from_db()
    assert account.balance == WIDE.subtract(Decimal(10000), Decimal("27"))  # 10 + 15 + 2 of fees
    assert batch.desk.equity(account.id) == account.balance
