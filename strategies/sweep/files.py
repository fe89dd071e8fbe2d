"""How a part of a sweep is kept until all parts are there: numpy's own compressed file."""

import io
import json
from collections.abc import Sequence

import numpy as np

from strategies.sweep.evaluation import Evaluation
from strategies.sweep.figures import FIGURES


def pack(evaluations: Sequence[Evaluation]) -> bytes:
    """Return evaluations of the same runs, one a span, as the bytes of an .npz."""
    figures = np.array([[told.figures[name] for name in FIGURES] for told in evaluations])
    errors = json.dumps([{str(place): message for place, message in told.errors.items()} for told in evaluations])
    file = io.BytesIO()
    told_errors = np.frombuffer(errors.encode(), dtype=np.uint8)
    np.savez_compressed(file, allow_pickle=False, figures=figures, errors=told_errors)
    return file.getvalue()


def unpack(data: bytes) -> list[Evaluation]:
    """Return the evaluations that were packed, bit for bit."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        errors = json.loads(file["errors"].tobytes())
        return [
            Evaluation(
                dict(zip(FIGURES, figures, strict=True)),
                {int(place): message for place, message in told.items()},
            )
            for figures, told in zip(file["figures"], errors, strict=True)
        ]


def join(parts: Sequence[Sequence[Evaluation]]) -> list[Evaluation]:
    """Return the parts of a sweep, in their order, as one evaluation for each span."""
    return [Evaluation.joined(spans) for spans in zip(*parts, strict=True)]
