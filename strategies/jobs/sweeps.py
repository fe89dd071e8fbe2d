"""The job of one part of a sweep: its runs in a child process, and the results of all where it is the last."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from core.api.serializers import StrictSerializer
from core.errors import AppError, Missing, Unavailable
from core.jobs.catalogue import Work
from strategies.catalogue import find_rule, warm_up_of
from strategies.child.process import ask_child
from strategies.child.request import RESULT, part_file
from strategies.jobs.request import HandedOver, handed_over
from strategies.models import RUNS_UNDER_WAY, RunStatus, Sweep, SweepPart
from strategies.services.endings import begin_run
from strategies.services.sweeps import all_parts_done, store_part, store_sweep_failure, store_sweep_results
from strategies.sweep.plan import SweepPlan

# The last part writes the results of all: what is left of its percents.
_PART_PERCENT, _ALL_PERCENT = 90.0, 9.0


class RuleChanged(AppError):
    """The rule was changed since the sweep was asked for."""

    code = "RULE_CHANGED"


class SweepPartArgs(StrictSerializer):
    """Which part of a sweep."""

    part_id = serializers.IntegerField(min_value=1)


def run_sweep_part(work: Work) -> Mapping[str, Any]:
    """Run one part of a sweep, from its beginning unless it was done; after the last one write what came of all."""
    part, sweep = _found(work.args["part_id"])
    if sweep.status not in RUNS_UNDER_WAY:  # type: ignore[attr-defined]
        return {"status": "over"}
    begin_run(Sweep, sweep.pk, now=timezone.now())
    try:
        is_last = _run(part, sweep, work)
        results = _results_of_all(sweep, work) if is_last else None
    except Unavailable:
        raise
    except AppError as error:
        store_sweep_failure(part, work, error, now=timezone.now())
        raise
    if results is not None:
        store_sweep_results(sweep.pk, work, results=results, now=timezone.now())
    return {"status": RunStatus.COMPLETED.value}


def _found(part_id: int) -> tuple[SweepPart, Sweep]:
    """Return a part without its data, and its sweep. Raises Missing."""
    part = SweepPart.objects.defer("data").filter(pk=part_id).first()
    sweeps = Sweep.objects.living().told().select_related("instrument")
    sweep = sweeps.filter(pk=part.sweep_id).first() if part else None
    if part is None or sweep is None:
        raise Missing("There is no such part of a sweep.")
    return part, sweep


def _run(part: SweepPart, sweep: Sweep, work: Work) -> bool:
    """Run a part that was not run to its end before; say whether none lacks any more."""
    if not SweepPart.objects.filter(pk=part.pk, data=None).exists():
        return all_parts_done(sweep.pk)
    with tempfile.TemporaryDirectory(prefix="sweep-") as name:
        folder = Path(name)
        handed = _handed(sweep, folder)
        request = handed.request | {"sets": handed.request["sets"][part.first : part.first + part.count]}
        ask_child("sweep_part", request, folder=folder, heard=lambda share: work.report(_PART_PERCENT * share))
        return store_part(part, work, data=(folder / RESULT).read_bytes())


def _results_of_all(sweep: Sweep, work: Work) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="sweep-") as name:
        folder = Path(name)
        parts = SweepPart.objects.filter(sweep=sweep.pk).order_by("number").values_list("number", "data")
        for number, data in parts.iterator(chunk_size=1):
            part_file(folder, number).write_bytes(bytes(data or b""))
        handed = _handed(sweep, folder)
        request = handed.request | {"parts": sweep.parts.count()}
        results = ask_child("sweep_end", request, folder=folder, heard=lambda share: work.report(_all_percent(share)))
        return {**results, "candles": handed.coverage}


def _all_percent(share: float) -> float:
    return _PART_PERCENT + _ALL_PERCENT * share


def _handed(sweep: Sweep, folder: Path) -> HandedOver:
    """Hand over all sets of parameters, and candles enough before the first for the one that warms up longest.

    Raises RuleChanged where the rule makes other sets of the space than it did.
    """
    rule, plan = find_rule(sweep.rule), SweepPlan.from_json(sweep.settings["sweep"])
    sets = plan.sets(rule)
    if len(sets) != sweep.runs:
        raise RuleChanged("The rule is not the one that the sweep was asked for with; ask for it again.")
    warm_up = max(warm_up_of(sweep.rule, parameters) for parameters in sets)
    handed = handed_over(sweep, folder, warm_up=warm_up, now=timezone.now())
    return HandedOver(handed.request | {"sets": sets, "plan": plan.as_json()}, handed.coverage)
