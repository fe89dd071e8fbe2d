"""The same sweep by vectorbt, run by the Python of an environment that has it.

In parts of so many pairs that it fits into memory; the first, tiny one compiles it, and is not counted.
"""

import gc
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import vectorbt as vbt

FEE, CASH = 0.001, 1_000_000
TIE = 0.000001
PART = 20


def swept(opens: pd.Series, closes: pd.Series, pairs: np.ndarray) -> np.ndarray:
    """Return what each pair of averages has in the end, its returns' figures taken."""
    averages = (vbt.MA.run(closes, lengths, per_column=False).ma for lengths in pairs.T.tolist())
    fast, slow = (average.to_numpy() for average in averages)
    above = pd.DataFrame(fast - slow > TIE)
    portfolio = vbt.Portfolio.from_signals(
        closes,
        entries=above.vbt.fshift(1),
        exits=(~above).vbt.fshift(1),
        price=opens,
        size=1,
        fees=FEE,
        init_cash=CASH,
        freq="1min",
    )
    portfolio.sharpe_ratio(), portfolio.max_drawdown(), portfolio.trades.win_rate()
    return portfolio.final_value().to_numpy()


def main(folder: Path) -> None:
    """Measure, leave final equities in the folder, and print what was measured as JSON."""
    opens, closes = (pd.Series(column) for column in np.load(folder / "candles.npy"))
    pairs = np.load(folder / "pairs.npy")
    swept(opens[:500], closes[:500], pairs[:2])
    began, busy, final = time.perf_counter(), time.process_time(), []
    for start in range(0, len(pairs), PART):
        final.append(swept(opens, closes, pairs[start : start + PART]))
        # It leaves circles behind, each holding arrays of a whole part.
        gc.collect()
    seconds, worked = time.perf_counter() - began, time.process_time() - busy
    np.save(folder / "theirs.npy", np.concatenate(final))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    version = f"vectorbt {vbt.__version__}"
    print(json.dumps({"seconds": seconds, "worked_seconds": worked, "memory": memory, "version": version}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
