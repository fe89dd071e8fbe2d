"""Indicators, in a process without Django: each by turns with TA-Lib's own function, on a year of minutes."""

import json
import time
from collections.abc import Callable

import talib

from config.bench.sweep_job import made
from strategies import indicators

CANDLES, SEED, ROUNDS = 525_600, 11, 31


def main() -> None:
    """Print the milliseconds of each indicator and of TA-Lib's own as JSON."""
    candles = made(CANDLES, SEED)
    close, high, low = candles.close, candles.high, candles.low
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "SMA 30": (lambda: indicators.sma(close, 30), lambda: talib.SMA(close, 30)),
        "EMA 30": (lambda: indicators.ema(close, 30), lambda: talib.EMA(close, 30)),
        "RSI 14": (lambda: indicators.rsi(close, 14), lambda: talib.RSI(close, 14)),
        "Bollinger 20": (lambda: indicators.bands(close, 20, 2.0), lambda: talib.BBANDS(close, 20, 2.0, 2.0)),
        "MACD 12 26 9": (lambda: indicators.macd(close, 12, 26, 9), lambda: talib.MACD(close, 12, 26, 9)),
        "highest of 20": (lambda: indicators.highest(high, 20), lambda: talib.MAX(high, 20)),
        "lowest of 20": (lambda: indicators.lowest(low, 20), lambda: talib.MIN(low, 20)),
    }
    print(json.dumps({name: _beside(ours, theirs) for name, (ours, theirs) in pairs.items()}))


def _beside(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds of each, the least of many by turns: what else the machine does only adds to it."""
    took = [(_milliseconds(ours), _milliseconds(theirs)) for _ in range(ROUNDS)]
    return min(one for one, _ in took), min(other for _, other in took)


def _milliseconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
