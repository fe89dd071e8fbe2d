"""The instrument that a body names: one that is not there is a wrong field."""

from core.errors import Invalid
from market.models import Instrument
from market.selectors.instruments import find_instrument
from market.symbols import AmbiguousSymbol, UnknownSymbol


def named_instrument(symbol: str, category: str | None = None) -> Instrument:
    """Return the one instrument that `symbol` names, in any spelling. Raises Invalid with the symbol's own code."""
    try:
        return find_instrument(symbol, only_kind=category)
    except (UnknownSymbol, AmbiguousSymbol) as error:
        raise Invalid(error.message, code=error.code, field="symbol") from error
