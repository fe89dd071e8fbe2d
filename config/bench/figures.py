"""What a measurement says, and how it is printed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `limit` is the most it may be, `at_least` the least: of value ÷ floor where there is one."""

    value: float
    unit: str
    floor: float | None = None
    limit: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value ÷ floor; None without a floor."""
        return self.value / self.floor if self.floor else None

    @property
    def verdict(self) -> str:
        """`met` or `missed`; nothing where there is no target."""
        measured = self.value if self.ratio is None else self.ratio
        if self.limit is not None:
            return "met" if measured <= self.limit else "missed"
        if self.at_least is not None:
            return "met" if measured >= self.at_least else "missed"
        return ""


Figures = dict[str, Figure]

_HEADINGS = ("", "figure", "floor", "ratio", "target", "", "")


def table(title: str, figures: Mapping[str, Figure]) -> Iterator[str]:
    """Yield the lines of one section, its columns as wide as their widest cell."""
    rows = [_HEADINGS, *(_cells(name, figure) for name, figure in figures.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    yield f"-- {title}"
    for row in rows:
        first, *numbers, verdict, note = row
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=False)]
        yield "  ".join([first.ljust(widths[0]), *cells, verdict.ljust(widths[-2]), note]).rstrip()


def _cells(name: str, figure: Figure) -> tuple[str, ...]:
    floor = "" if figure.floor is None else _number(figure.floor, figure.unit)
    ratio = "" if figure.ratio is None else f"{figure.ratio:.1f} ×"
    return name, _number(figure.value, figure.unit), floor, ratio, _target(figure), figure.verdict, figure.note


def _target(figure: Figure) -> str:
    target = figure.limit if figure.limit is not None else figure.at_least
    if target is None:
        return ""
    bound = "" if figure.limit is not None else "≥ "
    return bound + (_number(target, figure.unit) if figure.ratio is None else f"{target:g} ×")


def _number(value: float, unit: str) -> str:
    digits = 0 if float(value).is_integer() or abs(value) >= 1000 else 1
    return f"{value:,.{digits}f} {unit}".rstrip()
