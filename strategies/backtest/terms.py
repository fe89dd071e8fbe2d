"""What a backtest is run on beside candles and targets: the market's rules, what trading costs, how much is traded."""

import zlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.errors import Invalid
from trading.engine.prices import CAP_MILLIONTHS, NOISE_MILLIONTHS, PER_UNIT_MILLIONTHS

SlippageModel = Literal["none", "fixed", "size_relative"]
SizingMode = Literal["fixed", "percent_equity", "risk_to_stop"]

FIXED, PERCENT_EQUITY, RISK_TO_STOP = 0, 1, 2
_MODES: dict[str, int] = {"fixed": FIXED, "percent_equity": PERCENT_EQUITY, "risk_to_stop": RISK_TO_STOP}
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Market:
    """An instrument's rules: prices in quote currency, sizes in base units, rates as fractions.

    `funding_rate` is what longs pay shorts every 8 hours, 0 on all but perpetuals. `periods` is how many daily returns
    a year has: 365 where trading never rests, 252 with sessions.
    """

    symbol: str = ""
    tick_size: float = 0.00000001
    lot_size: float = 0.00000001
    min_quantity: float = 0.0
    min_notional: float = 0.0
    size_unit: float = 1.0
    maintenance_margin_rate: float = 0.0
    funding_rate: float = 0.0
    max_leverage: float = 1.0
    allows_short: bool = True
    periods: int = 365

    @property
    def number(self) -> int:
        """What stands for the instrument where noise is drawn."""
        return zlib.crc32(self.symbol.encode())


@dataclass(frozen=True, slots=True)
class Costs:
    """What a fill costs: `min_commission` in quote currency, all else fractions. Without any, trading is free."""

    commission_rate: float = 0.0
    min_commission: float = 0.0
    spread: float = 0.0
    slippage_base: float = 0.0
    slippage_per_unit: float = 0.0
    slippage_noise: float = 0.0
    slippage_cap: float = 1.0

    @classmethod
    def of_model(
        cls, model: SlippageModel, *, slippage: float, commission_rate: float, min_commission: float, spread: float
    ) -> "Costs":
        """Return the costs by a model of slippage: none, `slippage` alone (fixed), or as on paper (size_relative)."""
        whole = model == "size_relative"
        return cls(
            commission_rate=commission_rate,
            min_commission=min_commission,
            spread=spread,
            slippage_base=0.0 if model == "none" else slippage,
            slippage_per_unit=PER_UNIT_MILLIONTHS / _MILLION if whole else 0.0,
            slippage_noise=NOISE_MILLIONTHS / _MILLION if whole else 0.0,
            slippage_cap=CAP_MILLIONTHS / _MILLION,
        )


@dataclass(frozen=True, slots=True)
class Sizing:
    """How much a target of 1 trades: base units (fixed), or a fraction of equity, as margin or lost at the stop."""

    mode: SizingMode
    value: float


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a run trades. `stop_loss` and `take_profit` are distances from the entry, as fractions of it.

    `initial_balance` is in quote currency; `seed` is what slippage's noise is drawn from.
    """

    initial_balance: float
    sizing: Sizing
    costs: Costs
    leverage: float = 1.0
    stop_loss: float | None = None
    take_profit: float | None = None
    allow_short: bool = True
    seed: int = 0


class Terms(NamedTuple):
    """All of it in one tuple, as compiled code takes it; an exit that is not wanted is 0."""

    initial_balance: float
    mode: int
    value: float
    leverage: float
    stop_loss: float
    take_profit: float
    allows_short: bool
    seed: int
    instrument: int
    interval: int
    commission_rate: float
    min_commission: float
    spread: float
    slippage_base: float
    slippage_per_unit: float
    slippage_noise: float
    slippage_cap: float
    tick_size: float
    lot_size: float
    min_quantity: float
    min_notional: float
    size_unit: float
    maintenance_margin_rate: float
    funding_rate: float


def terms_of(market: Market, settings: RunSettings, *, interval_milliseconds: int) -> Terms:
    """Return what compiled code is given. Raises Invalid naming the setting that makes no sense."""
    _check_market(market)
    _check_settings(market, settings)
    costs, sizing = settings.costs, settings.sizing
    return Terms(
        initial_balance=float(settings.initial_balance),
        mode=_MODES[sizing.mode],
        value=float(sizing.value),
        leverage=float(settings.leverage),
        stop_loss=float(settings.stop_loss or 0),
        take_profit=float(settings.take_profit or 0),
        allows_short=bool(settings.allow_short and market.allows_short),
        seed=int(settings.seed),
        instrument=market.number,
        interval=interval_milliseconds,
        commission_rate=float(costs.commission_rate),
        min_commission=float(costs.min_commission),
        spread=float(costs.spread),
        slippage_base=float(costs.slippage_base),
        slippage_per_unit=float(costs.slippage_per_unit),
        slippage_noise=float(costs.slippage_noise),
        slippage_cap=float(costs.slippage_cap),
        tick_size=float(market.tick_size),
        lot_size=float(market.lot_size),
        min_quantity=float(market.min_quantity),
        min_notional=float(market.min_notional),
        size_unit=float(market.size_unit),
        maintenance_margin_rate=float(market.maintenance_margin_rate),
        funding_rate=float(market.funding_rate),
    )


def _check_market(market: Market) -> None:
    for name in ("tick_size", "lot_size", "size_unit"):
        _check(name, getattr(market, name) > 0, "is more than 0")
    for name in ("min_quantity", "min_notional"):
        _check(name, getattr(market, name) >= 0, "is 0 or more")
    _check("maintenance_margin_rate", 0 <= market.maintenance_margin_rate < 1, "is from 0 to less than 1")
    _check("funding_rate", -1 < market.funding_rate < 1, "is more than -1 and less than 1")


def _check_settings(market: Market, settings: RunSettings) -> None:
    sizing, stop, target = settings.sizing, settings.stop_loss, settings.take_profit
    _check("initial_balance", 0 < settings.initial_balance < float("inf"), "is more than 0")
    _check("sizing", sizing.mode in _MODES, f"is one of {', '.join(_MODES)}")
    _check("sizing", 0 < sizing.value < float("inf"), "has a value of more than 0")
    _check("leverage", 1 <= settings.leverage <= market.max_leverage, f"is from 1 to {market.max_leverage:g}")
    _check("stop_loss", stop is None or 0 < stop < 1, "is more than 0 and less than 1")
    _check("take_profit", target is None or 0 < target < float("inf"), "is more than 0")
    _check("stop_loss", stop is not None or sizing.mode != "risk_to_stop", "is needed by a size by risk")
    _check("seed", 0 <= settings.seed < 2**63, "is from 0 to less than 2^63")
    for name in ("commission_rate", "spread", "slippage_base", "slippage_noise", "slippage_cap"):
        _check(name, 0 <= getattr(settings.costs, name) <= 1, "is from 0 to 1")
    for name in ("min_commission", "slippage_per_unit"):
        _check(name, 0 <= getattr(settings.costs, name) < float("inf"), "is 0 or more")


def _check(name: str, holds: bool, said: str) -> None:
    if not holds:
        raise Invalid(f"{name} {said}.", field=name)
