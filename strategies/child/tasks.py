"""What the child process can do: one function a task, given what was asked and whom to tell how far it is."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from strategies.backtest.files import pack
from strategies.backtest.metrics import summarise
from strategies.backtest.run import Progress, run_backtest
from strategies.catalogue import find_rule
from strategies.child.request import RESULT, TARGETS, read_candles, read_terms
from strategies.child.sweep_tasks import sweep_end, sweep_part

# The share of the work that is done once the rule has decided.
_DECIDED = 0.3


def backtest(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Run one rule with one set of parameters; the arrays go into a file. Raises RuleFailed, Invalid."""
    candles = read_candles(request)
    rule = find_rule(request["rule"])
    targets = rule.decide(candles, request["parameters"])
    progress(_DECIDED)
    market, settings = read_terms(request)
    result = run_backtest(
        candles,
        targets,
        market=market,
        settings=settings,
        first=request["first"],
        on_progress=lambda share: progress(_DECIDED + (1 - _DECIDED) * share),
    )
    (Path(request["folder"]) / RESULT).write_bytes(pack(result))
    return {**summarise(result), "refusals": dict(result.refusals)}


def decide(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Ask one rule about candles; its targets go into a file. Raises RuleFailed."""
    targets = find_rule(request["rule"]).decide(read_candles(request), request["parameters"])
    np.save(Path(request["folder"]) / TARGETS, targets, allow_pickle=False)
    return {}


TASKS: dict[str, Callable[[Mapping[str, Any], Progress], dict[str, Any]]] = {
    "backtest": backtest,
    "decide": decide,
    "sweep_part": sweep_part,
    "sweep_end": sweep_end,
}
