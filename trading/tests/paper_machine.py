"""Drives accounts, orders, prices, cancels and payments against the small desk of paper_model.py, step by step."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.models import Role, TradingAccount, User
from accounts.selectors.ledger import false_balances
from accounts.services.ledger import InsufficientFunds, deposit, withdraw
from accounts.services.trading_accounts import open_account
from conftest import NOW
from core.errors import AppError
from market.models import Instrument
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import WORKING, Fill, Order, OrderSide, OrderType, Position
from trading.selectors.figures import figures_with_positions
from trading.services.cancel import cancel_order
from trading.services.matching import match
from trading.services.orders import OrderRequest, place_order
from trading.tests.paper_model import Account, Asked

SIZES = st.integers(1, 400).map(lambda lots: lots * Decimal("0.001"))
LARGE_SIZES = st.integers(1_000, 4_000).map(lambda lots: lots * Decimal("0.001"))
PRICES = st.integers(40_000, 60_000).map(Decimal)
AWAY = st.integers(1, 8_000).map(Decimal)
LEVERAGE = st.sampled_from([1, 2, 10, 50, 100])
SIDE = st.sampled_from([1, -1])
WHO = st.integers(0, 1)
MONEY = st.integers(1, 5_000).map(Decimal)
KINDS = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
}


class PaperDesk(RuleBasedStateMachine):
    """Two accounts in one instrument; `market` is a market that stands where it is put, given by who runs this."""

    market = None

    @initialize()
    def begin(self):
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now, self.count = NOW, 0
        owner = User.objects.create_user("machine", "machine@example.com", role=Role.TRADER)
        self.rows = [
            open_account(owner=owner, name=name, initial_balance=Decimal(10_000), now=NOW, seed=1) for name in "ab"
        ]
        self.models = [Account(Decimal(10_000)) for _ in self.rows]
        self.instrument = Instrument.objects.get(symbol="BTCUSDT")
        self.price = Decimal(50_000)
        self.market.set("BTCUSDT", "50000")

    def teardown(self):
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def clock(self):
        self.now += timedelta(seconds=1)
        return self.now

    def ask(self, who, **asked):
        self.count += 1
        wanted = Asked(name=f"o{self.count}", **asked)
        told = self.models[who].place(wanted, self.price)
        assert self.answer(who, wanted) == told

    def answer(self, who, asked):
        request = OrderRequest(
            instrument=self.instrument,
            side=OrderSide.BUY if asked.size > 0 else OrderSide.SELL,
            quantity=abs(asked.size),
            order_type=OrderType(asked.kind),
            price=asked.price,
            stop_price=asked.stop,
            leverage=asked.leverage,
            reduce_only=asked.reduce_only,
            stop_loss=asked.stop_loss,
            take_profit=asked.take_profit,
            client_order_id=asked.name,
        )
        try:
            return place_order(self.rows[who], request=request, clock=self.clock).status
        except AppError:
            return None

    @rule(who=WHO, side=SIDE, size=SIZES, leverage=LEVERAGE, loss=AWAY, gain=AWAY)
    def order_with_exits(self, who, side, size, leverage, loss, gain):
        exits = {"stop_loss": self.price - side * loss, "take_profit": self.price + side * gain}
        self.ask(who, kind="market", size=side * size, leverage=leverage, **exits)

    @rule(who=WHO, side=SIDE, size=LARGE_SIZES)
    def order_without(self, who, side, size):
        self.ask(who, kind="market", size=side * size, leverage=100)

    @rule(who=WHO, side=SIDE, size=SIZES)
    def reduce(self, who, side, size):
        self.ask(who, kind="market", size=side * size, leverage=1, reduce_only=True)

    @rule(who=WHO, side=SIDE, size=SIZES, leverage=LEVERAGE, price=PRICES, reduce_only=st.booleans())
    def limit_order(self, who, side, size, leverage, price, reduce_only):
        self.ask(who, kind="limit", size=side * size, leverage=leverage, price=price, reduce_only=reduce_only)

    @rule(who=WHO, side=SIDE, size=SIZES, leverage=LEVERAGE, stop=PRICES, reduce_only=st.booleans())
    def stop_order(self, who, side, size, leverage, stop, reduce_only):
        self.ask(who, kind="stop", size=side * size, leverage=leverage, stop=stop, reduce_only=reduce_only)

    @rule(who=WHO, side=SIDE, size=SIZES, leverage=LEVERAGE, stop=PRICES, price=PRICES)
    def stop_limit_order(self, who, side, size, leverage, stop, price):
        self.ask(who, kind="stop_limit", size=side * size, leverage=leverage, stop=stop, price=price)

    @rule(price=PRICES)
    def trade(self, price):
        self.move_to(price)

    @rule(step=st.integers(-300, 300))
    def trade_nearby(self, step):
        self.move_to(min(max(self.price + step, Decimal(40_000)), Decimal(60_000)))

    def move_to(self, price):
        self.price = price
        self.market.set("BTCUSDT", str(price))
        for model in self.models:
            model.meet(price)
        quote = Quote(self.instrument.id, price, price, price, self.clock())
        assert match([PriceRange.of(self.instrument, [quote])], clock=lambda: self.now).failed_accounts == 0

    @rule(low=PRICES, high=PRICES)
    def candle_from_before(self, low, high):
        """It went anywhere, but began before anything here was asked: the small desk knows nothing of it."""
        closed_at = self.clock()
        prices = self.price, max(high, self.price), min(low, self.price), self.price
        candle = PriceRange.of_candle(
            self.instrument, prices=prices, opened_at=NOW - timedelta(minutes=1), closed_at=closed_at
        )
        assert match([candle], clock=lambda: self.now).met == 0

    @precondition(lambda self: any(model.working for model in self.models))
    @rule(pick=st.integers(0, 1000))
    def cancel(self, pick):
        working = [(who, asked) for who, model in enumerate(self.models) for asked in model.working]
        who, asked = working[pick % len(working)]
        self.models[who].working.remove(asked)
        order = Order.objects.get(account=self.rows[who], client_order_id=asked.name)
        assert cancel_order(order.id, clock=self.clock).status == "cancelled"

    @rule(who=WHO, amount=MONEY)
    def pay_in(self, who, amount):
        self.models[who].cash += amount
        deposit(self.rows[who].id, amount=amount, reference=self.reference(), now=self.clock())

    @rule(who=WHO, amount=MONEY)
    def pay_out(self, who, amount):
        model = self.models[who]
        may = amount <= min(model.cash, model.available(self.price))
        try:
            withdraw(self.rows[who].id, amount=amount, reference=self.reference(), now=self.clock())
            paid = True
        except InsufficientFunds:
            paid = False
        assert paid == may
        model.cash -= amount if may else 0

    def reference(self):
        self.count += 1
        return f"p{self.count}"

    @invariant()
    def the_two_agree(self):
        if not hasattr(self, "models"):
            return
        figures = figures_with_positions(
            list(TradingAccount.objects.filter(pk__in=[row.pk for row in self.rows])), self.now
        )
        for row, model in zip(self.rows, self.models, strict=True):
            found = figures[row.pk]
            assert (found.balance, found.equity) == (model.cash, model.equity(self.price))
            assert (found.margin_used, found.order_margin) == (model.margin(), model.order_margin())
            position = Position.objects.open().filter(account=row).first()
            held = (position.direction * position.size, position.entry_cost) if position else (0, 0)
            assert held == (model.size, model.cost)
            at_work = Order.objects.filter(account=row, status__in=WORKING).order_by("created_at")
            assert list(at_work.values_list("client_order_id", flat=True)) == [asked.name for asked in model.working]

    @invariant()
    def the_books_are_true(self):
        assert not false_balances().exists()
        for position in Position.objects.all():
            fills = Fill.objects.filter(position=position).values("side").annotate(total=Sum("quantity"))
            by_side = {row["side"]: row["total"] for row in fills}
            bought, sold = by_side.get("buy", Decimal(0)), by_side.get("sell", Decimal(0))
            assert position.direction * position.size == bought - sold
