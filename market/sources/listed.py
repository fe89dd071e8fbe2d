"""What an exchange's own list says of its markets, and what a source of such lists must answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, Protocol

from core.exact import MONEY_SCALE, PRICE_SCALE, QUANTITY_SCALE, WIDE
from market.kinds import Kind
from market.sources.numbers import amount

_MOST_LEVERAGE = 1000
_LONGEST = {"symbol": 32, "base": 24, "quote": 12, "settle": 12}


@dataclass(frozen=True, slots=True)
class ListedMarket:
    """One market that its exchange trades now; sizes in base units, contracts on inverse, `min_notional` in quote.

    `size_unit` is a hundredth of the largest market order, on lot: the size at which slippage grows by 0.001 here.
    """

    kind: str
    symbol: str
    base: str
    quote: str
    settle: str
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    size_unit: Decimal
    max_leverage: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketList:
    """The markets of one kind; `skipped` are symbols whose row says something that cannot be, or no number of ours."""

    kind: str
    markets: tuple[ListedMarket, ...]
    skipped: tuple[str, ...]


class InstrumentSource(Protocol):
    """An exchange's own list of its markets."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of market that it lists."""
        ...

    def instruments(self, kind: str) -> MarketList:
        """Return all markets of a kind that are traded now. Raises SourceDown, SourceBusy, SourceRefused."""
        ...


def read_rows(
    rows: Iterable[Any],
    *,
    kind: str,
    is_ours: Callable[[Mapping[str, Any], str], bool],
    read: Callable[[Mapping[str, Any], str], ListedMarket | None],
) -> MarketList:
    """Return the markets of a list's rows: those that are not `is_ours` are left out, the unsound and doubled named."""
    markets: dict[str, ListedMarket] = {}
    skipped: set[str] = set()
    for row in rows:
        if not isinstance(row, dict) or not is_ours(row, kind):
            continue
        market = read(row, kind)
        if market is None or market.symbol in markets:
            skipped.add(str(row.get("symbol"))[:32])
        else:
            markets[market.symbol] = market
    return MarketList(kind, tuple(markets.values()), tuple(sorted(skipped)))


def read_market(
    names: Mapping[str, Any],
    numbers: Mapping[str, Any],
    *,
    kind: str,
    largest_order: Any,
    leverage: Any = "1",
    expires_at: datetime | None = None,
) -> ListedMarket | None:
    """Return a market made of names and numbers as they were sent; None where one is missing or cannot be kept.

    A `min_notional` of None is 0: there is none.
    """
    if not all(_is_name(names[name], longest) for name, longest in _LONGEST.items()):
        return None
    tick_size = amount(numbers["tick_size"], PRICE_SCALE)
    lot_size, min_quantity = (amount(numbers[name], QUANTITY_SCALE) for name in ("lot_size", "min_quantity"))
    least = numbers["min_notional"]
    min_notional = Decimal(0) if least is None else amount(least, MONEY_SCALE)
    most_leverage, largest = amount(leverage, 8), amount(largest_order, QUANTITY_SCALE)
    if not tick_size or not lot_size or not min_quantity or min_notional is None or not largest or not most_leverage:
        return None
    if not 1 <= most_leverage <= _MOST_LEVERAGE:
        return None
    return ListedMarket(
        kind=kind,
        **{name: names[name] for name in _LONGEST},
        tick_size=tick_size,
        lot_size=lot_size,
        min_quantity=min_quantity,
        min_notional=min_notional,
        size_unit=_size_unit(largest, lot_size),
        max_leverage=int(most_leverage) if kind in (Kind.LINEAR, Kind.INVERSE) else 1,
        expires_at=expires_at,
    )


def _is_name(text: Any, longest: int) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable() and 0 < len(text) <= longest


def _size_unit(largest: Decimal, lot_size: Decimal) -> Decimal:
    lots = (largest / 100 / lot_size).to_integral_value(rounding=ROUND_DOWN, context=WIDE)
    return max(lots, Decimal(1)) * lot_size
