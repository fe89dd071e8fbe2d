"""What fails of many is told alone, in its place; the others are done."""

import pytest
from django.db import OperationalError

from trading.services.halving import in_halves


def without(*bad):
    def work(items):
        if not items or set(items) & set(bad):
            raise ValueError("No.")
        return list(items)

    return work


def test_what_fails_is_told_alone_and_in_its_place():
    found = in_halves([1, 2, 3, 4, 5], without(3), alone=lambda item, error: f"{item}: {error}")
    assert found == [[1, 2], "3: No.", [4, 5]]


def test_a_database_that_is_away_is_no_items_failure():
    def away(items):
        raise OperationalError

    with pytest.raises(OperationalError):
        in_halves([1, 2], away, alone=lambda item, error: None)


def test_a_failure_of_nothing_is_raised():
    with pytest.raises(ValueError, match="No"):
        in_halves([], without(), alone=lambda item, error: None)
