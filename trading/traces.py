"""What the lines of an outcome's trace say in words: the arithmetic of PLAN as a person would write it down."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.exact import plain

Line = Mapping[str, Any]


def told(line: Line) -> str:
    """Return one line of a trace in a sentence; a step that is not known here is told by its facts."""
    step = str(line.get("step", ""))
    try:
        return _SENTENCES[step](line)
    except KeyError:  # a step or a fact of another version of the desk
        facts = [(name.replace("_", " "), fact) for name, fact in line.items() if name not in ("step", "leg")]
        return ", ".join(f"{name} {fact}" for name, fact in facts)


def _quote(line: Line) -> str:
    return f"Bid {line['bid']}, ask {line['ask']}, quoted at {line['at']}."


def _exits(line: Line) -> str:
    exits = (("stop-loss", line["stop_loss"]), ("take-profit", line["take_profit"]))
    told_exits = " and ".join(f"{name} at {price}" for name, price in exits if price is not None)
    return f"From an entry of {line['entry']}: {told_exits}, rounded to the tick."


def _reduce(line: Line) -> str:
    return f"{line['held']} is held; the order takes {line['quantity']} of it away."


def _equity(line: Line) -> str:
    if "risk" in line:
        risked = f"Equity {line['equity']} × {_percent(line['risk'])}"
        return f"{risked} may be lost between the entry and {line['stop_loss']}."
    return f"Equity {line['equity']} × {_percent(line['share'])} × leverage {line['leverage']}, ÷ the price of entry."


def _size(line: Line) -> str:
    return (
        f"Asked for {line['asked']}: comes to {line['computed']}; "
        f"rounded down to the lot of {line['lot']}: {line['quantity']}."
    )


def _price(line: Line) -> str:
    return (
        f"Expected at {line['expected']}, slippage included: worth {line['notional']}, commission {line['commission']}."
    )


def _limit(line: Line) -> str:
    name = str(line["limit"]).replace("_", " ")
    return f"Limit of {name} ({line['scope']}): {line['measure']} of {line['value']}, {line['verdict'] or 'ok'}."


def _margin(line: Line) -> str:
    return f"Margin required {line['required']}, available {line['available']}."


def _percent(fraction: Any) -> str:
    try:
        return f"{plain(Decimal(str(fraction)) * 100)} %"
    except InvalidOperation:
        return str(fraction)


_SENTENCES: Mapping[str, Callable[[Line], str]] = {
    "quote": _quote,
    "exits": _exits,
    "reduce": _reduce,
    "equity": _equity,
    "size": _size,
    "price": _price,
    "limit": _limit,
    "margin": _margin,
}
