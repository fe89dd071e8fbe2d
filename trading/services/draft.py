"""A proposal on its way to a ticket, with the arithmetic so far."""

from dataclasses import dataclass, field
from decimal import Decimal

from core.exact import PRICE_SCALE, plain
from market.models import Instrument
from market.quotes import Quote
from trading.desk import Desk
from trading.models import Position
from trading.pricing import FillTerms
from trading.tickets import Proposal, Trace


@dataclass(slots=True)
class Draft:
    """What PLAN knows of one proposal. `direction` is the order's, +1 or -1; `quantity` in base units.

    `at_once` is how much of it the quote fills; `held` the account's position in the instrument.
    """

    proposal: Proposal
    desk: Desk
    quote: Quote
    trace: Trace = field(default_factory=list)
    quantity: Decimal = Decimal(0)
    at_once: Decimal = Decimal(0)
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    terms: FillTerms | None = None
    held: Position | None = field(init=False)

    def __post_init__(self) -> None:
        self.held = self.desk.position(self.proposal.account_id, self.instrument.id)

    @property
    def direction(self) -> int:
        return self.proposal.side.direction

    @property
    def instrument(self) -> Instrument:
        return self.proposal.instrument

    @property
    def quoted(self) -> Decimal:
        """What a taker of the order's side is quoted."""
        return self.quote.ask if self.direction > 0 else self.quote.bid

    @property
    def priced(self) -> FillTerms:
        """The terms of the fill; set once the quantity is."""
        assert self.terms is not None
        return self.terms

    @property
    def size_after(self) -> Decimal:
        """The signed size of the position once the order is filled."""
        before = self.held.direction * self.held.size if self.held else Decimal(0)
        return before + self.direction * self.quantity

    @property
    def reduces(self) -> bool:
        """Whether the order only takes away from the position that is there, whatever it was called.

        One that rests does so together with those of its side that rest already.
        """
        held = self.held
        if held is None or held.direction == self.direction:
            return False
        beside = self.desk.resting(self.proposal.account_id, self.instrument.id, self.proposal.side)
        together = self.quantity if self.at_once or self.proposal.reduce_only else self.quantity + beside
        return together <= held.size

    def note(self, step: str, **facts: object) -> None:
        """Keep one line of the arithmetic; decimals as plain text."""
        self.trace.append({"step": step, **{name: _printed(value) for name, value in facts.items()}})


def _printed(value: object) -> object:
    return plain(value, decimals=PRICE_SCALE) if isinstance(value, Decimal) else value
