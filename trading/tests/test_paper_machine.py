"""The desk agrees with a small one that was written from the rules alone, whatever is asked of it."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from trading.tests.paper_machine import PaperDesk

STEPS = 50
PROOF_STEPS = int(os.environ.get("PROOF_STEPS", "20000"))


@pytest.fixture
def machine(still_market, no_slippage):
    return type("Machine", (PaperDesk,), {"market": still_market})


def drive(machine, steps, *, as_ever):
    """Take so many steps: the same as in every run, or others."""
    how = settings(
        derandomize=as_ever,
        max_examples=max(1, steps // STEPS),
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=how)


@pytest.mark.slow
def test_the_desk_agrees_with_the_small_one(machine):
    drive(machine, 1000, as_ever=True)


@pytest.mark.proof
def test_the_desk_agrees_with_the_small_one_for_long(machine):
    drive(machine, PROOF_STEPS, as_ever=False)
