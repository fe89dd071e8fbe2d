"""A second, small desk for one instrument, written from the rules alone: what the real one must agree with.

Bid and ask are the same price, nothing slips, one quote fills everything. All numbers are Decimals, sizes signed.
"""

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal

FEE_RATE, LEAST_FEE = Decimal("0.0002"), Decimal("0.01")
MAINTENANCE = Decimal("0.005")
CENT = Decimal("0.00000001")
ZERO = Decimal(0)


def money(value):
    return Decimal(value).quantize(CENT, rounding=ROUND_HALF_EVEN)


def fee_of(price, size):
    return money(max(price * abs(size) * FEE_RATE, LEAST_FEE))


@dataclass(frozen=True)
class Asked:
    """An order: `size` is signed, more than zero to buy."""

    name: str
    kind: str
    size: Decimal
    leverage: int
    price: Decimal | None = None
    stop: Decimal | None = None
    reduce_only: bool = False
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    is_triggered: bool = False

    @property
    def side(self):
        return 1 if self.size > 0 else -1

    @property
    def own_price(self):
        return self.price if self.price is not None else self.stop


@dataclass
class Account:
    """What one account holds; `working` in the order in which they were asked."""

    cash: Decimal
    size: Decimal = ZERO
    cost: Decimal = ZERO
    leverage: int = 1
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    working: list[Asked] = field(default_factory=list)

    def equity(self, price):
        profit = self.size * price - (self.cost if self.size > 0 else -self.cost)
        return self.cash + money(profit)

    def margin(self):
        return money(self.cost / self.leverage)

    def order_margin(self, *, size=None, beside=()):
        """What working orders tie up, less the part of each side that would close what is held."""
        held = self.size if size is None else size
        total = ZERO
        for side in (1, -1):
            orders = [each for each in (*self.working, *beside) if each.side == side and not each.reduce_only]
            asked = sum((abs(each.size) for each in orders), ZERO)
            tied = sum((money(money(each.own_price * abs(each.size)) / each.leverage) for each in orders), ZERO)
            opening = max(ZERO, asked - max(ZERO, -side * held))
            total += money(tied * opening / asked) if asked else ZERO
        return total

    def available(self, price):
        return self.equity(price) - self.margin() - self.order_margin()

    def place(self, asked, price):
        """Fill, rest or refuse an order; return its status, or None where it is refused."""
        if asked.reduce_only:
            if self.size * asked.side >= 0:
                return None
            asked = replace(asked, size=asked.side * min(abs(asked.size), abs(self.size)))
        if asked.kind == "market" or (asked.kind == "limit" and asked.side * (asked.price - price) >= 0):
            if not self._may_fill(asked, price):
                return None
            self._fill(asked, price)
            return "filled"
        if asked.stop is not None and asked.side * (price - asked.stop) >= 0:
            return None
        if not self._may_rest(asked, price):
            return None
        self.working.append(asked)
        return "pending"

    def meet(self, price):
        """Let the market trade at a price."""
        if self.size and self._exit_is_met(price):
            self._exit(price)
        for asked in list(self.working):
            self._meet_order(asked, price)
        if self.size and self.equity(price) < money(abs(self.size) * price * MAINTENANCE):
            self.working.clear()
            self._fill(Asked("close-out", "market", -self.size, self.leverage), price)

    def _may_fill(self, asked, price):
        closing = min(abs(self.size), abs(asked.size)) if self.size * asked.side < 0 else ZERO
        opening = abs(asked.size) - closing
        if not opening:
            return True
        after = replace(self, working=[])
        after._fill(asked, price)
        needed = money(after.cost / asked.leverage) + self.order_margin(size=after.size)
        return needed <= after.equity(price)

    def _may_rest(self, asked, price):
        beside = sum(
            (abs(each.size) for each in self.working if each.side == asked.side and not each.reduce_only), ZERO
        )
        if asked.reduce_only or (self.size * asked.side < 0 and beside + abs(asked.size) <= abs(self.size)):
            return True
        more = self.order_margin(beside=[asked]) - self.order_margin()
        if self.size * asked.side > 0:
            whole = money((self.cost + money(asked.own_price * abs(asked.size))) / asked.leverage)
            more = max(more, whole - self.margin())
        return more <= self.available(price) - fee_of(asked.own_price, asked.size)

    def _meet_order(self, asked, price):
        rests_at_its_price = asked.kind == "limit" or asked.is_triggered
        if asked.stop is not None and not asked.is_triggered:
            if asked.side * (price - asked.stop) < 0:
                return
            triggered = replace(asked, is_triggered=True)
            self.working[self.working.index(asked)] = triggered
            asked = triggered
        if asked.price is not None and asked.side * (asked.price - price) < 0:
            return
        self.working.remove(asked)
        if asked.reduce_only:
            if self.size * asked.side >= 0:
                return
            asked = replace(asked, size=asked.side * min(abs(asked.size), abs(self.size)))
        paid = asked.price if rests_at_its_price else price
        asked = replace(asked, size=self._size_that_may_fill(asked, price, paid))
        if asked.size:
            self._fill(asked, paid)

    def _size_that_may_fill(self, asked, price, paid):
        """All of it where what it opens, at its limit or the market's price, is covered; else what it takes off."""
        against = self.size * asked.side < 0
        closing = min(abs(self.size), abs(asked.size)) if against else ZERO
        opening = abs(asked.size) - closing
        if not opening:
            return asked.size
        counted = price if asked.price is None else asked.price
        cost = (ZERO if against else self.cost) + money(counted * opening)
        profit = money(paid * self.size) - (self.cost if self.size > 0 else -self.cost)
        worth = self.cash + profit if against else self.equity(price)
        others = self.order_margin(size=self.size + asked.size)
        is_covered = money(cost / asked.leverage) + others + fee_of(counted, asked.size) <= worth
        return asked.size if is_covered else asked.side * closing

    def _exit_is_met(self, price):
        side = 1 if self.size > 0 else -1
        lost = self.stop_loss is not None and side * (self.stop_loss - price) >= 0
        won = self.take_profit is not None and side * (price - self.take_profit) >= 0
        return lost or won

    def _exit(self, price):
        side = 1 if self.size > 0 else -1
        won = self.take_profit is not None and side * (price - self.take_profit) >= 0
        self._fill(Asked("exit", "market", -self.size, self.leverage), self.take_profit if won else price)

    def _fill(self, asked, price):
        self.cash -= fee_of(price, asked.size)
        closing = min(abs(self.size), abs(asked.size)) if self.size * asked.side < 0 else ZERO
        opening = abs(asked.size) - closing
        if closing:
            cost = self.cost if closing == abs(self.size) else money(self.cost * closing / abs(self.size))
            received = money(price * closing)
            self.cash += received - cost if self.size > 0 else cost - received
            self.size += asked.side * closing
            self.cost -= cost
        if closing and not self.size:
            self.stop_loss = self.take_profit = None
        if opening:
            self.size += asked.side * opening
            self.cost += money(price * abs(asked.size)) - money(price * closing) if closing else money(price * opening)
            self.leverage = asked.leverage
            self.stop_loss = asked.stop_loss if asked.stop_loss is not None else self.stop_loss
            self.take_profit = asked.take_profit if asked.take_profit is not None else self.take_profit
