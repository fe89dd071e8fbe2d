"""What a rule wants on candles that have just closed: where it is asked, and for how long it may think.

One that ships is asked here. One of the desk's own is asked in a process of its own: one that does not end, or ends the
process, costs its bots a candle, and the worker a few seconds.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.catalogue import is_own
from strategies.child.process import ChildDied, TookTooLong, ask_child
from strategies.child.request import CANDLES, TARGETS, write_candles
from strategies.rule import Parameters, Rule, RuleFailed

LONGEST_SECONDS = 10.0


def targets_of(rule: Rule, candles: CandleSeries, parameters: Parameters) -> Floats:
    """Return a rule's targets (n,) for n candles. Raises RuleFailed, also for a rule that gave no answer in time."""
    if not is_own(rule):
        return rule.decide(candles, parameters)
    with TemporaryDirectory(prefix="desk-rule-") as name:
        folder = Path(name)
        write_candles(candles, folder / CANDLES)
        asked = {"rule": rule.name, "parameters": dict(parameters), "interval": candles.interval.value}
        try:
            ask_child("decide", asked, folder=folder, heard=lambda share: None, longest_seconds=LONGEST_SECONDS)
        except (ChildDied, TookTooLong) as failed:
            raise RuleFailed(f"The rule gave no answer. {failed.message}") from failed
        told: Floats = np.load(folder / TARGETS, allow_pickle=False)
        return told
