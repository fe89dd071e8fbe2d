"""One order of a person or a program: what it does to positions, money and rows, and what leaves none."""

import uuid
from decimal import Decimal

import pytest

from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import reconcile
from conftest import NOW
from core.errors import AppError, Invalid
from market.models import Instrument
from trading.models import Fill, Order, OrderSide, Position, Signal
from trading.services.orders import DuplicateClientOrderId, OrderRequest, place_order

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

TAKEN = "aaaa-1"


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def positions():
    columns = ("side", "size", "entry_cost", "is_open", "closed_size", "realized_pnl", "fee")
    return list(Position.objects.order_by("is_open").values_list(*columns))


def effects():
    return list(Transfer.objects.exclude(kind="deposit").order_by("number").values_list("kind", "debit", "amount"))


def balance():
    return TradingAccount.objects.get().balance


def test_a_buy_opens_a_long(account, order_of):
    # 0.1 × 50,000 = 5,000; fee 5,000 × 0.0002 = 1
    order = order_of(account, "buy", "0.1")
    assert (order.status, order.filled_quantity, order.average_price, order.commission) == (
        *("filled", Decimal("0.1"), 50000),
        1,
    )
    assert positions() == [("long", Decimal("0.1"), 5000, True, 0, 0, 1)]
    assert (effects(), balance()) == ([("commission", "fees", 1)], 9999)
    assert not Signal.objects.exists()


def test_a_sell_opens_a_short(account, order_of):
    order_of(account, "sell", "0.1")
    assert positions() == [("short", Decimal("0.1"), 5000, True, 0, 0, 1)]


def test_buying_more_moves_the_average_entry(account, order_of, still_market):
    # 5,000 + 5,200 for 0.2: 51,000 on average; fees 1 + 1.04
    order_of(account, "buy", "0.1")
    still_market.set("BTCUSDT", "52000")
    order_of(account, "buy", "0.1", leverage=20)
    assert positions() == [("long", Decimal("0.2"), 10200, True, 0, 0, Decimal("2.04"))]
    assert (Position.objects.get().entry_price, Position.objects.get().leverage) == (51000, 20)


def test_selling_a_part_keeps_the_average_entry(account, order_of, still_market):
    # a quarter of 10,000 leaves: received 2,600, cost 2,500, profit 100; fees 2 + 0.52
    order_of(account, "buy", "0.2")
    still_market.set("BTCUSDT", "52000")
    order_of(account, "sell", "0.05")
    assert positions() == [("long", Decimal("0.15"), 7500, True, Decimal("0.05"), 100, Decimal("2.52"))]
    assert (Position.objects.get().entry_price, balance()) == (50000, Decimal("10097.48"))


def test_thirds_of_a_cost_add_up_to_all_of_it(account, order_of, still_market):
    # 0.003 for 149.9999: a third is 49.99996667, the next third 49.99996666 or so, the last takes the rest
    still_market.set("BTCUSDT", "49999.9")
    order_of(account, "buy", "0.003")
    still_market.set("BTCUSDT", "50000")
    [order_of(account, "sell", "0.001") for _ in range(3)]
    position = Position.objects.get()
    assert (position.entry_cost, position.closed_entry_cost, position.exit_cost) == (0, Decimal("149.9997"), 150)
    assert position.realized_pnl == Decimal("0.0003")


def test_an_order_across_zero_is_one_order_whose_fill_is_split(account, order_of, still_market):
    # closes 0.1: 5,100 − 5,000 = 100; opens 0.2 for 10,200; fee 15,300 × 0.0002 = 3.06, a third of it with the close
    order_of(account, "buy", "0.1")
    still_market.set("BTCUSDT", "51000")
    order = order_of(account, "sell", "0.3")
    assert positions() == [
        ("long", 0, 0, False, Decimal("0.1"), 100, Decimal("2.02")),
        ("short", Decimal("0.2"), 10200, True, 0, 0, Decimal("2.04")),
    ]
    assert (order.filled_quantity, order.commission, Order.objects.count(), Fill.objects.count()) == (
        *(Decimal("0.3"), Decimal("3.06")),
        *(2, 3),
    )
    assert effects()[1:] == [("trade_pnl", "cash", 100), ("commission", "fees", Decimal("3.06"))]


def test_a_commission_that_does_not_divide_is_split_without_a_rest(account, order_of):
    # the least fee, 0.01, over 0.001 that close and 0.002 that open: 0.00333333 and 0.00666667
    Instrument.objects.update(min_commission="0.1", commission_rate="0")
    changed = Instrument.objects.get(symbol="BTCUSDT")
    order_of(account, "buy", "0.001", instrument=changed)
    order_of(account, "sell", "0.003", instrument=changed)
    fees = list(Position.objects.order_by("is_open").values_list("fee", flat=True))
    assert fees == [Decimal("0.13333333"), Decimal("0.06666667")]
    assert (sum(fees), balance()) == (Decimal("0.2"), Decimal("9999.8"))


@pytest.mark.parametrize(("asked", "sold"), [("0.05", "0.05"), ("0.1", "0.1"), ("5", "0.1")])
def test_reduce_only_sells_no_more_than_there_is(account, order_of, asked, sold):
    order_of(account, "buy", "0.1")
    order = order_of(account, "sell", asked, reduce_only=True)
    assert (order.quantity, order.filled_quantity) == (Decimal(sold), Decimal(sold))
    assert not Position.objects.open().filter(side="short").exists()


def test_a_closed_position_stays_and_a_new_one_is_a_new_row(account, order_of):
    order_of(account, "buy", "0.1")
    order_of(account, "sell", "0.1")
    order_of(account, "buy", "0.2")
    assert [(row[1], row[3], row[4]) for row in positions()] == [(0, False, Decimal("0.1")), (Decimal("0.2"), True, 0)]


@pytest.mark.parametrize(("side", "price"), [("buy", 50010), ("sell", 49990)])
def test_who_takes_pays_the_spread(account, order_of, still_market, side, price):
    still_market.set("BTCUSDT", "49990", "50010")
    assert order_of(account, side, "0.1").average_price == price


def test_all_money_that_moved_is_in_the_ledger(account, order_of, still_market):
    order_of(account, "buy", "0.1")
    still_market.set("BTCUSDT", "47123.4")
    order_of(account, "sell", "0.25")
    still_market.set("BTCUSDT", "46999.9")
    order_of(account, "buy", "0.15")
    realized = sum(Position.objects.values_list("realized_pnl", flat=True))
    fees = sum(Position.objects.values_list("fee", flat=True))
    assert balance() == 10000 + realized - fees
    assert reconcile(account).difference == 0


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("quantity", {"quantity": "0.0005"}),
        ("quantity", {"quantity": "0.1001"}),
        ("quantity", {"quantity": "0.10000001", "reduce_only": True}),
        ("stop_loss", {"stop_loss": Decimal("49000.05")}),
        ("take_profit", {"take_profit": Decimal("51000.01")}),
    ],
)
def test_a_number_off_its_step_is_named_and_leaves_no_row(account, order_of, field, asked):
    with pytest.raises(Invalid) as refused:
        order_of(account, "buy", **{"quantity": "0.1", **asked})
    assert list(refused.value.errors) == [field]
    assert "is not a multiple of the" in refused.value.message
    assert not Order.objects.exists()


def test_a_client_order_id_is_taken_once_and_the_refusal_names_the_first(account, order_of):
    first = order_of(account, "buy", "0.1", client_order_id=TAKEN)
    with pytest.raises(DuplicateClientOrderId) as refused:
        order_of(account, "sell", "0.2", client_order_id=TAKEN)
    assert (refused.value.order_id, str(first.id) in refused.value.message) == (first.id, True)
    assert (Order.objects.count(), Position.objects.get().size) == (1, Decimal("0.1"))


def test_another_account_may_use_the_same_client_order_id(account, tom, account_of, order_of):
    order_of(account, "buy", "0.1", client_order_id=TAKEN)
    order_of(account_of(tom), "buy", "0.1", client_order_id=TAKEN)
    assert Order.objects.filter(client_order_id=TAKEN).count() == 2


def test_without_one_every_order_gets_an_id_of_its_own(account, order_of):
    ids = {order_of(account, "buy", "0.001").client_order_id for _ in range(3)}
    assert {len(client_order_id) for client_order_id in ids} == {32}
    assert len(ids) == 3


@pytest.mark.parametrize(("side", "quantity"), [("buy", "10"), ("sell", "10")])
def test_an_order_that_is_refused_leaves_no_row(account, order_of, side, quantity):
    with pytest.raises(AppError) as refused:
        order_of(account, side, quantity)
    assert (refused.value.code, refused.value.status) == ("INSUFFICIENT_MARGIN", 400)
    assert not Order.objects.exists()
    assert (Fill.objects.count(), effects(), balance()) == (0, [], 10000)


def test_an_order_is_put_down_to_no_bot_that_does_not_trade_the_account(account, btcusdt):
    request = OrderRequest(btcusdt, OrderSide.BUY, Decimal("0.1"), bot_id=uuid.uuid4())
    with pytest.raises(Invalid, match="No such bot trades this account"):
        place_order(account, request=request, clock=lambda: NOW)
    assert not Order.objects.exists()
