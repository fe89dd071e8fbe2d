"""What each figure of a backtest is called, how it is printed, and how it is defined."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from strategies.report.formats import NOT_DEFINED, count, lasting, moment, money, percent, ratio

Print = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: the key of `strategies.backtest.metrics`, its name, how it is printed, and what it is."""

    key: str
    name: str
    print: Print
    definition: str


FIGURES = (
    Figure("total_return", "Total return", percent, "Last equity ÷ first − 1."),
    Figure("cagr", "CAGR", percent, "(Last equity ÷ first)^(365 ÷ days) − 1; of less than 30 days it says little."),
    Figure(
        "max_drawdown",
        "Max drawdown",
        percent,
        "The deepest fall of daily equity below its highest so far, the start included.",
    ),
    Figure("peak_at", "Fell from", moment, "When daily equity was highest before its deepest fall."),
    Figure("trough_at", "Fell to", moment, "When it was lowest."),
    Figure("recovered_at", "Recovered", moment, "When it was as high again; not defined where it never was."),
    Figure(
        "longest_under_water",
        "Longest under water",
        lasting,
        "The longest time from a peak until it was there again, or the end.",
    ),
    Figure(
        "sharpe_ratio", "Sharpe ratio", ratio, "Mean ÷ standard deviation (n − 1) of daily returns × √returns a year."
    ),
    Figure("sortino_ratio", "Sortino ratio", ratio, "Mean of daily returns ÷ √(Σ min(r, 0)² ÷ n) × √returns a year."),
    Figure("calmar_ratio", "Calmar ratio", ratio, "CAGR ÷ the size of the max drawdown."),
    Figure("volatility", "Volatility", percent, "Standard deviation (n − 1) of daily returns × √returns a year."),
    Figure("total_trades", "Trades", count, "Positions that were opened and closed."),
    Figure("win_rate", "Win rate", percent, "Trades that gained, net of costs, ÷ all trades."),
    Figure("profit_factor", "Profit factor", ratio, "Sum of gains ÷ sum of losses, net; not defined without a loss."),
    Figure("expectancy", "Expectancy", money, "Win rate × average gain − loss rate × average loss, net of costs."),
    Figure("average_trade_milliseconds", "Average trade lasts", lasting, "From its opening to its last close."),
    Figure("exposure", "Exposure", percent, "Candles that ended with a position ÷ all candles."),
    Figure("turnover", "Turnover", ratio, "Notional of all fills ÷ mean daily equity."),
    Figure("fees", "Commission", money, "Paid on entries and exits."),
    Figure("funding", "Funding", money, "What was received less what was paid every eight hours."),
    Figure(
        "slippage", "Slippage", money, "What fills cost beyond the price that was quoted, with the rounding to ticks."
    ),
    Figure("initial_balance", "Initial balance", money, "What the run began with."),
    Figure("final_balance", "Final balance", money, "What was there at the end, without open profit."),
    Figure("final_equity", "Final equity", money, "The same with open profit."),
)
HEADLINE = ("total_return", "cagr", "max_drawdown", "sharpe_ratio", "total_trades", "win_rate")


def figures_of(metrics: Mapping[str, Any]) -> Iterator[tuple[Figure, str]]:
    """Yield each figure that the metrics hold, and it printed; a value that is not defined as a dash."""
    for figure in FIGURES:
        if figure.key in metrics:
            yield figure, printed(figure, metrics[figure.key])


def printed(figure: Figure, value: Any) -> str:
    """Return a value as its figure is printed; None is a dash."""
    return NOT_DEFINED if value is None else figure.print(value)
