"""The jobs of the market: candles of the past, fetched page by page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from core.api.serializers import MomentInput, StrictSerializer, any_case
from core.jobs.catalogue import Work
from market.intervals import Interval
from market.kinds import Kind
from market.selectors.instruments import find_instrument
from market.services.backfill import Progress, backfill
from market.spelling import LONGEST

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)


class BackfillArgs(StrictSerializer):
    """Which candles: those that open from `start` to before `end`, to now where none is named."""

    symbol = serializers.CharField(max_length=LONGEST)
    category = any_case(Kind, required=False)
    interval = any_case(Interval)
    start = MomentInput()
    end = MomentInput(required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["start"] < EARLIEST:
            raise serializers.ValidationError({"start": [f"No exchange has candles from before {EARLIEST:%Y}."]})
        if "end" in asked and asked["end"] <= asked["start"]:
            raise serializers.ValidationError({"end": ["The end is after the start."]})
        return asked


def backfill_candles(work: Work) -> Mapping[str, Any]:
    """Fetch and store the candles asked for; an attempt that was cut off is gone on with where its pages ended.

    Returns how many candles the last attempt added and replaced, and how many rows were unsound.
    """
    asked = work.args
    instrument = find_instrument(asked["symbol"], only_kind=asked.get("category"))
    reached = work.state.get("reached")

    def told(progress: Progress) -> bool:
        work.report(100 * progress.share, reached=progress.reached.isoformat())
        return True

    done = backfill(
        instrument,
        asked["interval"],
        start=asked["start"],
        end=asked.get("end") or timezone.now(),
        reached=None if reached is None else datetime.fromisoformat(reached),
        clock=timezone.now,
        on_page=told,
    )
    return {"added": done.stored.added, "replaced": done.stored.replaced, "skipped": done.skipped}
