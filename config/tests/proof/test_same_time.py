"""Nobody learns from the time that an answer takes whether a name or an address is known.

The time that a thread is busy is bounded always. What a stranger measures is the wall's time, waits for the database
among it: it is told, and held to the same bound on a machine that does nothing else (PROOF_WALL=1).
"""

import itertools
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.tests.proof.doses import WALL_IS_BOUND, dose
from conftest import PASSWORD

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

ROUNDS = dose("PROOF_LOGINS", small=50)
MOST_APART_SECONDS = 0.005
MOST_APART_SHARE = 0.05  # of what takes longer, on a machine that is slow or has other work
# A registration's answer says openly which of the two it is, and only a success writes an account: one hash for both.
REGISTRATION_APART_SECONDS = 0.02
LOGIN, REGISTER = "/api/v1/auth/login", "/api/v1/auth/register"
RESET = "/api/v1/auth/password/reset"

_numbers = itertools.count(1)


def ask(path: str, body: dict[str, Any]) -> int:
    """Ask from an address of its own, which nobody has locked."""
    number = next(_numbers)
    address = f"10.77.{number // 250}.{number % 250}"
    return int(APIClient(REMOTE_ADDR=address).post(path, body).status_code)


def log_in(name: str) -> int:
    return ask(LOGIN, {"username": name, "password": "Wrong-pass-1"})


def register(email: str) -> int:
    return ask(REGISTER, {"email": email, "password": PASSWORD})


def reset(email: str) -> int:
    return ask(RESET, {"email": email})


# What is asked of one who is there and of one who is not, and what both are told.
PAIRS = {
    "login, known and unknown": (lambda: log_in("tom"), lambda: log_in("nobody"), {401}),
    "login by e-mail, known and unknown": (
        lambda: log_in("tom@example.com"),
        lambda: log_in("nobody@example.com"),
        {401},
    ),
    "login, inactive and unknown": (lambda: log_in("vic"), lambda: log_in("nobody"), {401}),
    "reset, known and unknown": (lambda: reset("tom@example.com"), lambda: reset("nobody@example.com"), {200}),
    "registration, taken and free": (
        lambda: register("tom@example.com"),
        lambda: register(f"new{next(_numbers)}@example.com"),
        {409, 201},
    ),
}


@pytest.fixture(autouse=True)
def _people(settings, ada, request):
    """Tom is there, vic is shut out; passwords are hashed as they are in a desk that runs."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
    request.getfixturevalue("tom")
    vic = request.getfixturevalue("vic")
    vic.is_active = False
    vic.save()


def seconds(function: Callable[[], int], told: set[int]) -> tuple[float, float]:
    """Return how long the answer kept this thread busy, and how long it took by the clock on the wall."""
    began, began_on_wall = time.thread_time(), time.perf_counter()
    status = function()
    busy, on_wall = time.thread_time() - began, time.perf_counter() - began_on_wall
    assert status in told
    return busy, on_wall


def medians(rounds: list[tuple[tuple[float, float], tuple[float, float]]], clock: int) -> tuple[float, float]:
    """Return the medians of the first and of the second of each pair: busy time (0) or time on the wall (1)."""
    return statistics.median(first[clock] for first, _ in rounds), statistics.median(each[clock] for _, each in rounds)


@pytest.mark.parametrize("pair", PAIRS)
def test_both_take_the_same_time(pair: str, capsys: pytest.CaptureFixture[str]):
    first, second, told = PAIRS[pair]
    most_apart = MOST_APART_SECONDS if len(told) == 1 else REGISTRATION_APART_SECONDS
    spent = [(seconds(first, told), seconds(second, told)) for _ in range(ROUNDS)]
    busy, wall = medians(spent, 0), medians(spent, 1)
    most_apart = max(most_apart, MOST_APART_SHARE * max(busy))
    with capsys.disabled():
        print(f"\n{pair}: busy {busy[0] * 1000:.1f} and {busy[1] * 1000:.1f} ms", end="")
        print(f", on the wall {wall[0] * 1000:.1f} and {wall[1] * 1000:.1f} ms")
    assert abs(busy[0] - busy[1]) < most_apart
    assert abs(wall[0] - wall[1]) < (most_apart if WALL_IS_BOUND else math.inf)
