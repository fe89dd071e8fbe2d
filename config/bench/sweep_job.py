"""A sweep, in a process without Django: 1,000 pairs of averages on 100,000 candles, which it leaves for others."""

import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from market.candles.series import CandleSeries
from market.intervals import Interval
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.rules import sma_cross
from strategies.sweep.evaluation import Evaluation, Span, evaluate
from strategies.sweep.space import grid

CANDLES, SEED, ROUNDS, TICK = 100_000, 7, 5, 0.1
MINUTE = 60_000
# 20 × 50 pairs, none of which the rule objects to.
ASKED = {"fast": {"from": 5, "to": 43, "step": 2}, "slow": {"from": 50, "to": 295, "step": 5}}
# One unit each time, 0.1 % each way: what the yardstick can do as well.
MARKET = Market("BTCUSDT", max_leverage=10)
SETTINGS = RunSettings(1_000_000, Sizing("fixed", 1), Costs(commission_rate=0.001))


def main(folder: Path) -> None:
    """Measure, leave candles, pairs and final equities in the folder, and print what was measured as JSON."""
    candles, sets = made(CANDLES, SEED), grid(sma_cross.RULE, ASKED, most=1_000)
    took, worked = [], []
    for _ in range(ROUNDS + 1):
        began, busy = time.perf_counter(), time.process_time()
        told = _swept(candles, sets)
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - busy)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.save(folder / "candles.npy", [candles.open, candles.close])
    np.save(folder / "pairs.npy", [[chosen["fast"], chosen["slow"]] for chosen in sets])
    np.save(folder / "ours.npy", told.figures["final_equity"])
    answer = {
        "seconds": took[0],
        "again_seconds": statistics.median(took[1:]),
        "worked_seconds": statistics.median(worked[1:]),
        "memory": memory,
        "runs": len(sets),
        "trades": int(told.figures["total_trades"].sum()),
        "threads": len(os.sched_getaffinity(0)),
    }
    print(json.dumps(answer))


def made(count: int, seed: int) -> CandleSeries:
    """Return minutes of a walk on a grid of ticks."""
    draws = np.random.default_rng(seed)
    ticks = 500_000 + np.cumsum(draws.integers(-300, 301, count))
    begun = np.concatenate([ticks[:1], ticks[:-1]])
    wicks = draws.integers(0, 50, (2, count))
    high, low = np.maximum(begun, ticks) + wicks[0], np.minimum(begun, ticks) - wicks[1]
    opened_at = np.arange(count, dtype=np.int64) * MINUTE
    opens, highs, lows, closes = ((column * TICK).astype(np.float64) for column in (begun, high, low, ticks))
    return CandleSeries(Interval.M1, opened_at, opens, highs, lows, closes, np.ones(count))


def _swept(candles: CandleSeries, sets: list[dict[str, int]]) -> Evaluation:
    spans = [Span(0, len(candles))]
    return evaluate(candles, sma_cross.RULE, sets, market=MARKET, settings=SETTINGS, spans=spans)[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
