"""What each month gained."""

import numpy as np
import pytest

from strategies.report.months import monthly_gains


def gains(*points: tuple[str, float], initial_balance: float = 100.0):
    closed_at = np.array([moment for moment, _ in points], dtype="datetime64[ms]").astype(np.int64)
    return monthly_gains(closed_at, np.array([value for _, value in points]), initial_balance=initial_balance)


def test_the_first_month_is_measured_from_the_initial_balance():
    [year] = gains(("2026-03-02T00:00", 105.0), ("2026-03-20T00:00", 110.0))
    assert (year.year, year.months[2], year.whole) == (2026, pytest.approx(0.1), pytest.approx(0.1))


def test_a_month_is_measured_from_the_end_of_the_one_before_and_a_year_over_all():
    first, second = gains(("2025-12-15T00:00", 80.0), ("2026-01-10T00:00", 120.0), ("2026-02-10T00:00", 60.0))
    assert (first.months[11], second.months[0], second.months[1]) == pytest.approx((-0.2, 0.5, -0.5))
    assert (first.whole, second.whole) == pytest.approx((-0.2, -0.25))  # 60 ÷ 80 − 1


def test_a_candle_that_closes_at_the_very_end_of_a_month_is_that_months():
    [year] = gains(("2026-02-01T00:00", 110.0), ("2026-02-01T01:00", 121.0))
    assert year.months[:2] == pytest.approx((0.1, 0.1))


def test_a_month_without_equity_is_empty():
    [year] = gains(("2026-01-10T00:00", 110.0), ("2026-03-10T00:00", 121.0))
    assert (year.months[1], year.months[2]) == (None, pytest.approx(0.1))


def test_nothing_is_gained_on_what_is_not_above_zero():
    [year] = gains(("2026-01-10T00:00", -5.0), ("2026-02-10T00:00", 10.0))
    assert (year.months[0], year.months[1]) == (pytest.approx(-1.05), None)


def test_no_equity_is_no_year():
    assert gains() == []
