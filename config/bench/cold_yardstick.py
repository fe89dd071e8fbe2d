"""A backtest as one writes it with vectorbt, from the candles' file to the printed result; its Python runs it."""

import sys

import numpy as np
import pandas as pd
import vectorbt as vbt

FEE = 0.001

if __name__ == "__main__":
    candles = np.load(sys.argv[1])
    close, opens = pd.Series(candles["close"]), pd.Series(candles["open"])
    above = close.rolling(10).mean() > close.rolling(30).mean()
    before = above.shift(1, fill_value=False)
    entries, exits = ((one & ~other).shift(1, fill_value=False) for one, other in ((above, before), (before, above)))
    run = vbt.Portfolio.from_signals(close, entries, exits, price=opens, fees=FEE, init_cash=10_000)
    print(run.total_return(), run.trades.count(), run.sharpe_ratio(freq="1min"), run.max_drawdown())
