"""One candle file and one rule, through the backtest and through a bot on the paper desk.

On the desk each candle is what the price feed makes of it: a quote at its open, on which a bot's decision of the candle
before is traded, then its range of prices against exits and close-out. Time is the clock that is handed down. Fundings
of an open come before what is decided at it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from accounts.models import TradingAccount, User
from accounts.services.trading_accounts import open_account
from bots.models import Bot
from bots.services.bots import create_bot
from bots.services.connections import connect_account
from bots.services.deciding import decide_closed_candles
from bots.services.decisions import settle_decisions
from bots.targets import first_read
from config.tests.differences import Traded
from config.tests.recordings import CANDLES
from market.candles.csv_files import read_csv
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import CandleBlock, Instrument
from market.ranges import PriceRange
from market.services.candles import store_candles
from market.sources.synthetic_candles import market_of, synthetic_candles
from strategies.backtest.results import BacktestResult
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.catalogue import find_rule
from strategies.models import Strategy
from strategies.parameters import whole_parameters
from trading.models import Order, OrderOrigin, Position
from trading.services.funding import EVERY, book_fundings
from trading.services.matching import match

FOLDER = Path(os.environ.get("PROOF_CANDLES") or CANDLES)
FILES = {
    "GOOG days": ("backtestingpy_GOOG.csv", Interval.D1),
    "BTC days": ("bybit_linear_BTCUSDT_1d_2020_2025.csv", Interval.D1),
    "BTC hours": ("bybit_linear_BTCUSDT_60m_2025.csv", Interval.H1),
    "BTC minutes": ("binance_spot_BTCUSDT_1m_2024-12.csv", Interval.M1),
}
SEED = 7
_REASONS = {OrderOrigin.STOP_LOSS: "stop_loss", OrderOrigin.TAKE_PROFIT: "take_profit"}
_REASONS |= {OrderOrigin.CLOSE_OUT: "close_out", OrderOrigin.SIGNAL: "decision"}


@dataclass(frozen=True, slots=True)
class Case:
    """A rule and how it is traded: `size` in the size grammar, base units or a percent of equity."""

    rule: str
    parameters: dict[str, Any] = field(default_factory=dict)
    size: str = "0.1"
    leverage: int = 2
    stop_loss: str = ""
    take_profit: str = ""
    balance: str = "100000"

    def __str__(self) -> str:
        told = [self.rule, self.size, *(f"{name}={value}" for name, value in self.parameters.items())]
        return " ".join([*told, *([f"stop {self.stop_loss} target {self.take_profit}"] if self.stop_loss else [])])


def candles_of(name: str, most: int) -> CandleSeries:
    """Return the last `most` candles of a file, one right after the other: what has sessions is told without pauses.

    Where the folder is not there: of the synthetic market.
    """
    file, interval = FILES[name]
    if not (FOLDER / file).exists():
        return _made_up(interval, most)
    batches = list(read_csv(FOLDER / file, interval))
    opened_at = np.concatenate([batch.opened_at for batch in batches])[-most:]
    values = np.concatenate([batch.values for batch in batches], axis=1)[:, -most:]
    first = interval.number_at(int(opened_at[0]) // 1_000)
    numbers = first + np.arange(len(opened_at))
    return CandleSeries(interval, numbers * interval.seconds * 1_000, *(np.ascontiguousarray(row) for row in values))


def _made_up(interval: Interval, most: int) -> CandleSeries:
    market = market_of(Instrument.objects.get(symbol="BTCUSDT"))
    assert market is not None
    first = interval.number_at(int(datetime(2025, 1, 6, tzinfo=UTC).timestamp()))
    return synthetic_candles(market, interval, first=first, end=first + most)


class Replay:
    """A bot of `owner` on one paper account, led through candles; `market` is where a test puts the quotes."""

    def __init__(self, case: Case, candles: CandleSeries, first: int, *, owner: User, market: Any) -> None:
        self.case, self.candles, self.first, self.market = case, candles, first, market
        self.interval = candles.interval
        self.instrument = Instrument.objects.get(symbol="BTCUSDT")
        CandleBlock.objects.filter(instrument=self.instrument).delete()
        store_candles(self.instrument, candles, now=self.opens(0))
        self.account = self._account(owner)
        self.bot = self._bot(owner)
        connect_account(self.bot, self.account)
        Bot.objects.filter(pk=self.bot.pk).update(status="active", started_at=self.opens(first))

    def run(self) -> list[Traded]:
        """Lead the bot through all candles; return its trades, the oldest first."""
        for bar in range(self.first + 1, len(self.candles)):
            self._open(bar)
            self._pass(bar)
        return self.trades()

    def opens(self, bar: int) -> datetime:
        """Return when a candle opens, by its place."""
        return datetime.fromtimestamp(int(self.candles.opened_at[bar]) / 1_000, UTC)

    def trades(self) -> list[Traded]:
        rows = Position.objects.filter(account=self.account).order_by("opened_at")
        return [_traded(row, self._reason(row)) for row in rows]

    def _open(self, bar: int) -> None:
        at = self.opens(bar)
        mid = Decimal(repr(float(self.candles.open[bar])))
        half = mid * self.instrument.spread / 2
        self.market.prices[self.instrument.symbol] = (mid - half, mid + half)
        if at.timestamp() // EVERY.total_seconds() != self.opens(bar - 1).timestamp() // EVERY.total_seconds():
            book_fundings(clock=lambda: at)
        for bot_id in decide_closed_candles(clock=lambda: at):
            settle_decisions(bot_id, clock=lambda: at)

    def _pass(self, bar: int) -> None:
        opened_at = self.opens(bar)
        closed_at = datetime.fromtimestamp(opened_at.timestamp() + self.interval.seconds, UTC)
        columns = (self.candles.open, self.candles.high, self.candles.low, self.candles.close)
        first, high, low, last = (Decimal(repr(float(column[bar]))) for column in columns)
        told = PriceRange.of_candle(
            self.instrument, prices=(first, high, low, last), opened_at=opened_at, closed_at=closed_at
        )
        match([told], clock=lambda: closed_at)

    def _account(self, owner: User) -> TradingAccount:
        balance = Decimal(self.case.balance)
        leverage = self.case.leverage
        terms = {"initial_balance": balance, "now": self.opens(0), "seed": SEED, "max_leverage": leverage}
        return open_account(owner=owner, name=f"Replay {uuid4()}", **terms)

    def _bot(self, owner: User) -> Bot:
        case = self.case
        rule = find_rule(case.rule)
        parameters = whole_parameters(rule, case.parameters)
        terms = {"owner": owner, "rule": case.rule, "parameters": parameters}
        strategy = Strategy.objects.create(name=str(case)[:100], slug=str(uuid4()), **terms)
        config = {"position_size": case.size, "leverage": case.leverage}
        config |= {"stop_loss": case.stop_loss, "take_profit": case.take_profit}
        return create_bot(
            owner=owner,
            name="Replay",
            symbol="BTCUSDT",
            timeframe=self.interval,
            strategy_id=strategy.id,
            config=config,
        )

    def _reason(self, position: Position) -> str:
        if position.is_open:
            return "open"
        orders = Order.objects.filter(account=self.account, created_at__lte=position.closed_at)
        side = position.closing_side
        last = orders.filter(side=side, filled_quantity__gt=0, leg=1).order_by("created_at").last()
        assert last is not None
        return _REASONS[OrderOrigin(last.origin)]


def _traded(row: Position, reason: str) -> Traded:
    closed_at = 0 if row.closed_at is None else int(row.closed_at.timestamp() * 1_000)
    return Traded(
        opened_at=int(row.opened_at.timestamp() * 1_000),
        closed_at=closed_at,
        direction=row.direction,
        size=row.size + row.closed_size,
        entry=float(row.entry_price),
        exit=None if row.exit_price is None else float(row.exit_price),
        pnl=float(row.realized_pnl - row.fee + row.funding),
        reason=reason,
    )


def backtested(case: Case, candles: CandleSeries, first: int) -> tuple[BacktestResult, list[Traded]]:
    """Return what the backtest makes of the same candles, from the first that the bot is given on."""
    rule = find_rule(case.rule)
    parameters = whole_parameters(rule, case.parameters)
    number = candles.interval.number_at(int(candles.opened_at[0]) // 1_000)
    newest = number + len(candles) - 1
    begun = max(0, first_read(rule, parameters, decided=number + first, newest=newest) - number)
    given = candles.cut(slice(begun, None))
    settings = _settings(case)
    result = run_backtest(
        given, rule.decide(given, parameters), market=_market(), settings=settings, first=first - begun
    )
    return result, list(_told(result))


def _told(result: BacktestResult) -> Iterator[Traded]:
    trades, reasons = result.trades, result.trades.reasons()
    for at in range(len(trades)):
        yield Traded(
            opened_at=int(trades.opened_at[at]),
            closed_at=int(trades.closed_at[at]),
            direction=int(trades.direction[at]),
            size=Decimal(repr(round(float(trades.size[at]), 8))),
            entry=float(trades.entry_price[at]),
            exit=None if np.isnan(trades.exit_price[at]) else float(trades.exit_price[at]),
            pnl=float(trades.pnl[at]),
            reason=reasons[at],
        )


def _market() -> Market:
    row = Instrument.objects.get(symbol="BTCUSDT")
    return Market(
        symbol=row.symbol,
        tick_size=float(row.tick_size),
        lot_size=float(row.lot_size),
        min_quantity=float(row.min_quantity),
        min_notional=float(row.min_notional),
        size_unit=float(row.size_unit),
        maintenance_margin_rate=float(row.maintenance_margin_rate),
        funding_rate=float(row.funding_rate),
        max_leverage=float(row.max_leverage),
        allows_short=row.allows_short,
    )


def _settings(case: Case) -> RunSettings:
    row = Instrument.objects.get(symbol="BTCUSDT")
    costs = Costs.of_model(
        "size_relative",
        slippage=float(row.slippage),
        commission_rate=float(row.commission_rate),
        min_commission=float(row.min_commission),
        spread=float(row.spread),
    )
    return RunSettings(
        initial_balance=float(case.balance),
        sizing=_sizing(case.size),
        costs=costs,
        leverage=float(case.leverage),
        stop_loss=_fraction(case.stop_loss),
        take_profit=_fraction(case.take_profit),
        seed=SEED,
    )


def _sizing(size: str) -> Sizing:
    if size.startswith("risk "):
        return Sizing("risk_to_stop", float(size[5:-1]) / 100)
    return Sizing("percent_equity", float(size[:-1]) / 100) if size.endswith("%") else Sizing("fixed", float(size))


def _fraction(percent: str) -> float | None:
    return float(percent[:-1]) / 100 if percent else None
