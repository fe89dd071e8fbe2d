"""The same backtest by vectorbt and backtesting.py, run by the Python of an environment that has them.

SMA cross (10, 30), long only, one unit, decided at the close, filled at the next open, 0.1 % commission each way.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import backtesting
import numpy as np
import pandas as pd
import vectorbt as vbt

FAST, SLOW, FEE, CASH = 10, 30, 0.001, 1_000_000
TIE = 0.000001
ROUNDS = 5


class Cross(backtesting.Strategy):
    """Holds one unit while the fast mean is above the slow one."""

    def init(self) -> None:
        closes = pd.Series(np.asarray(self.data.Close))
        above = closes.rolling(FAST).mean() - closes.rolling(SLOW).mean() > TIE
        # One indicator without NaN: the first candle with both means would be passed over otherwise.
        self.above = self.I(lambda: above.to_numpy(dtype=float))

    def next(self) -> None:
        if self.above[-1] and not self.position:
            self.buy(size=1)
        elif self.position and not self.above[-1]:
            self.position.close()


def by_vectorbt(frame: pd.DataFrame) -> Any:
    """Return the portfolio, its value taken."""
    fast, slow = vbt.MA.run(frame.Close, FAST).ma, vbt.MA.run(frame.Close, SLOW).ma
    above = fast - slow > TIE
    portfolio = vbt.Portfolio.from_signals(
        frame.Close,
        entries=above.vbt.fshift(1),
        exits=(~above).vbt.fshift(1),
        price=frame.Open,
        size=1,
        fees=FEE,
        init_cash=CASH,
        freq="1min",
    )
    portfolio.value()
    return portfolio


def by_backtesting(frame: pd.DataFrame) -> Any:
    """Return the figures, trades and equity among them."""
    return backtesting.Backtest(frame, Cross, cash=CASH, commission=FEE, finalize_trades=False).run()


def trades_of_vectorbt(portfolio: Any) -> list[list[float]]:
    """Return of each trade that is over: milliseconds in and out, prices in and out, profit after fees."""
    rows = portfolio.trades.records_readable
    rows = rows[rows.Status == "Closed"]
    times = [rows[name] for name in ("Entry Timestamp", "Exit Timestamp")]
    return _rows([*map(_milliseconds, times), rows["Avg Entry Price"], rows["Avg Exit Price"], rows["PnL"]])


def trades_of_backtesting(told: Any) -> list[list[float]]:
    """Return the same of backtesting.py, whose profits are after fees as well."""
    rows = told["_trades"].sort_values("EntryTime")
    times = [_milliseconds(rows[name]) for name in ("EntryTime", "ExitTime")]
    return _rows([*times, rows.EntryPrice, rows.ExitPrice, rows.PnL])


def _milliseconds(times: Any) -> Any:
    return pd.DatetimeIndex(times).as_unit("ms").asi8


def _rows(columns: list[Any]) -> list[list[float]]:
    return np.stack([np.asarray(column, dtype=float) for column in columns], axis=1).tolist()


def _frame(path: Path) -> pd.DataFrame:
    with np.load(path) as file:
        columns = {name.title(): file[name] for name in ("open", "high", "low", "close")}
        return pd.DataFrame(columns, index=pd.to_datetime(file["opened_at"], unit="ms"))


def _best(task: Any, rounds: int) -> float:
    """Return the least milliseconds of the processor's time of some rounds, the first of which compiles."""
    took = []
    for _ in range(rounds):
        began = time.process_time()
        task()
        took.append((time.process_time() - began) * 1_000)
    return min(took)


def main(folder: str) -> None:
    """Print what both took on the year, and their trades on all that lies in `folder`."""
    warnings.filterwarnings("ignore", "Some trades remain open")
    frames = {path.stem: _frame(path) for path in Path(folder).glob("*.npz")}
    year = frames["a year of minutes"]
    told = {
        "versions": {"vectorbt": vbt.__version__, "backtesting.py": backtesting.__version__},
        "speed": {
            "vectorbt": _best(lambda: by_vectorbt(year), ROUNDS),
            "backtesting.py": _best(lambda: by_backtesting(year), 2),
        },
        "trades": {
            name: {
                "vectorbt": trades_of_vectorbt(by_vectorbt(frame)),
                "backtesting.py": trades_of_backtesting(by_backtesting(frame)),
            }
            for name, frame in frames.items()
        },
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
