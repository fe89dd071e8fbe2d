"""How figures are printed: in a report, in a terminal."""

from datetime import UTC, datetime

NOT_DEFINED = "–"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def percent(value: float) -> str:
    """Return a fraction as percent with two decimals: 0.1234 is 12.34 %."""
    return f"{_no_negative_zero(round(value * 100, 2)):,.2f} %"


def percent_exactly(value: float) -> str:
    """Return a fraction as percent with the digits that it has, at most six: 0.0002 is 0.02 %."""
    return f"{float(f'{value * 100:.6f}'):g} %"


def money(value: float) -> str:
    """Return an amount with two decimals."""
    return f"{_no_negative_zero(round(value, 2)):,.2f}"


def ratio(value: float) -> str:
    """Return a ratio with two decimals."""
    return f"{_no_negative_zero(round(value, 2)):,.2f}"


def count(value: float) -> str:
    """Return a whole number."""
    return f"{value:,.0f}"


def moment(milliseconds: float) -> str:
    """Return a time in UTC to the minute."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).strftime("%Y-%m-%d %H:%M")


def lasting(milliseconds: float) -> str:
    """Return a span of time by its two largest units: 3 d 4 h."""
    whole = int(milliseconds // 1_000)
    parts = ((whole // _DAY, "d"), (whole % _DAY // _HOUR, "h"), (whole % _HOUR // _MINUTE, "min"))
    told = [f"{number:,} {unit}" for number, unit in parts if number]
    return " ".join(told[:2]) or "0 min"


def plain_number(value: float) -> str:
    """Return a price or a size with the digits that it has, at most ten after the point."""
    return f"{_no_negative_zero(value):,.10f}".rstrip("0").rstrip(".")


def side(direction: float) -> str:
    """Return long or short."""
    return "long" if direction > 0 else "short"


def _no_negative_zero(value: float) -> float:
    return value + 0.0 if value else 0.0
