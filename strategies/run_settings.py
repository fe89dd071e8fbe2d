"""How a run trades: what was asked for and the instrument's own where nothing was, kept whole with the run.

Kept as the API says it (percents, decimal strings), so that a run can be told again as it was asked for; the
instrument's rules of that day are kept beside it, so that it can be run again.
"""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, get_args

from core.errors import Invalid
from core.exact import plain
from market.kinds import QUOTES_ONLY, Kind
from market.models import Instrument
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing, SizingMode, SlippageModel

MODES = get_args(SizingMode)
SLIPPAGE_MODELS = get_args(SlippageModel)
# All of it would leave nothing for commission and slippage: such an order is refused for want of margin.
SIZES = {"percent_equity": Decimal(95), "risk_to_stop": Decimal(1)}
_PERCENT = Decimal(100)
_OF_INSTRUMENT = ("commission_rate", "min_commission", "slippage", "spread")
_DECIMALS = ("initial_capital", "size", *_OF_INSTRUMENT, "stop_loss", "take_profit")


def whole_settings(asked: Mapping[str, Any], instrument: Instrument) -> dict[str, Any]:
    """Return what was asked for with the instrument's own costs and rules behind it, as JSON.

    Raises Invalid naming `config.<name>`, and `symbol` where the instrument is not traded.
    """
    if instrument.kind in QUOTES_ONLY:
        raise Invalid(f"{instrument.symbol} is only quoted here, not traded.", field="symbol")
    own = {name: getattr(instrument, name) for name in _OF_INSTRUMENT}
    given = {name: value for name, value in asked.items() if value is not None}
    told = {"allow_short": instrument.allows_short, "size": SIZES.get(asked["mode"]), **own, **given}
    _check(told, instrument)
    exits = {"stop_loss": told.get("stop_loss"), "take_profit": told.get("take_profit")}
    kept = {**told, **exits}
    kept |= {name: plain(kept[name]) for name in _DECIMALS}
    return kept | {"market": asdict(market_of(instrument))}


def shown_settings(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is shown of the settings of a run: all but the instrument's rules and the plan of a sweep."""
    return {name: value for name, value in kept.items() if name not in {"market", "sweep"}}


def settings_of(kept: Mapping[str, Any]) -> tuple[Market, RunSettings]:
    """Return the settings of a run as the engine takes them."""
    rates = {name: float(kept[name]) for name in _OF_INSTRUMENT}
    return Market(**kept["market"]), RunSettings(
        initial_balance=float(kept["initial_capital"]),
        sizing=Sizing(kept["mode"], _value(kept)),
        costs=Costs.of_model(kept["slippage_model"], **rates),
        leverage=float(kept["leverage"]),
        stop_loss=_fraction(kept["stop_loss"]),
        take_profit=_fraction(kept["take_profit"]),
        allow_short=kept["allow_short"],
        seed=kept["seed"],
    )


def market_of(instrument: Instrument) -> Market:
    """Return the rules of an instrument as floats; only a linear perpetual pays funding."""
    return Market(
        symbol=instrument.symbol,
        tick_size=float(instrument.tick_size),
        lot_size=float(instrument.lot_size),
        min_quantity=float(instrument.min_quantity),
        min_notional=float(instrument.min_notional),
        size_unit=float(instrument.size_unit),
        maintenance_margin_rate=float(instrument.maintenance_margin_rate),
        funding_rate=float(instrument.funding_rate) if instrument.kind == Kind.LINEAR else 0.0,
        max_leverage=float(instrument.max_leverage),
        allows_short=instrument.allows_short,
    )


def _check(told: Mapping[str, Any], instrument: Instrument) -> None:
    if told["size"] is None:
        raise Invalid("A fixed size needs to be said, in base units.", field="config.size")
    if told["mode"] == "percent_equity" and told["size"] > _PERCENT:
        raise Invalid("At most 100 percent of equity.", field="config.size")
    if told["mode"] == "risk_to_stop" and (told["size"] >= _PERCENT or not told.get("stop_loss")):
        field = "stop_loss" if not told.get("stop_loss") else "size"
        raise Invalid("A size by risk needs a stop_loss, and a size of less than 100 percent.", field=f"config.{field}")
    if (told.get("stop_loss") or 0) >= _PERCENT:
        raise Invalid("Less than 100 percent: a stop is at a price.", field="config.stop_loss")
    if told["leverage"] > instrument.max_leverage:
        sentence = f"{instrument.symbol} is traded with a leverage of at most {instrument.max_leverage}."
        raise Invalid(sentence, field="config.leverage")
    if told["allow_short"] and not instrument.allows_short:
        raise Invalid(f"{instrument.symbol} is not sold short.", field="config.allow_short")


def _value(kept: Mapping[str, Any]) -> float:
    return float(kept["size"]) if kept["mode"] == "fixed" else float(Decimal(kept["size"]) / _PERCENT)


def _fraction(percent: str | None) -> float | None:
    return None if percent is None else float(Decimal(percent) / _PERCENT)
