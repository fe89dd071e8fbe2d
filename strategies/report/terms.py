"""What a run was allowed and charged, in words."""

from collections.abc import Iterator

from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.report.formats import percent_exactly as percent
from strategies.report.formats import plain_number as plain


def terms_told(market: Market, settings: RunSettings, *, currency: str) -> Iterator[tuple[str, str]]:
    """Yield a name and a text for each thing that was set."""
    costs = settings.costs
    yield "size of a trade", _size(settings.sizing)
    yield "leverage", f"{settings.leverage:g}"
    yield "stop-loss", _distance(settings.stop_loss)
    yield "take-profit", _distance(settings.take_profit)
    yield "shorts", "yes" if settings.allow_short and market.allows_short else "no"
    least = f", at least {plain(costs.min_commission)} {currency}" if costs.min_commission else ""
    yield "commission", f"{percent(costs.commission_rate)}{least}"
    yield "spread", percent(costs.spread)
    yield "slippage", _slippage(costs, size_unit=market.size_unit)
    yield "maintenance margin", percent(market.maintenance_margin_rate)
    yield "funding every 8 hours", percent(market.funding_rate)
    yield "tick, lot", f"{plain(market.tick_size)}, {plain(market.lot_size)}"


def _size(sizing: Sizing) -> str:
    if sizing.mode == "fixed":
        return f"{plain(sizing.value)} units"
    what = "of equity as margin" if sizing.mode == "percent_equity" else "of equity lost at the stop"
    return f"{percent(sizing.value)} {what}"


def _distance(fraction: float | None) -> str:
    return "none" if not fraction else f"{percent(fraction)} from entry"


def _slippage(costs: Costs, *, size_unit: float) -> str:
    if not (costs.slippage_base or costs.slippage_per_unit or costs.slippage_noise):
        return "none"
    parts = [percent(costs.slippage_base)]
    if costs.slippage_per_unit:
        parts.append(f"+ {percent(costs.slippage_per_unit)} × size ÷ {plain(size_unit)}")
    if costs.slippage_noise:
        parts.append(f"± {percent(costs.slippage_noise)}")
    return " ".join(parts)
