"""Buy, sell or close: what the words of an alert and its strategy's position say together, or that they disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.sizes import parse_size
from webhooks.reading.alerts import Leg, Reason, Side, Unreadable
from webhooks.reading.fields import Entry, Found, agreed, conflict, read_flag, shown
from webhooks.reading.side_words import LEG_OF, LEGS, OPPOSITE, SIDE_OF, Kind, Word, read_word, tells_news
from webhooks.reading.synonyms import Field


@dataclass(frozen=True, slots=True)
class Intent:
    """What an alert wants done, and where its strategy stood `before` and stands `now`: long, short, flat or None.

    `closes_only` is the side that a close is about; `reduces` says that the close is an order that may only reduce.
    """

    side: Side
    closes_only: Leg | None = None
    reduces: bool = False
    now: str | None = None
    before: str | None = None

    @property
    def opens_position(self) -> bool:
        """Whether the strategy's position is new: nothing of it was there before."""
        return self.now in LEGS and self.before is not None and self.before != self.now

    @property
    def turns_position(self) -> bool:
        """Whether one order of the strategy closed one side and opened the other."""
        return self.opens_position and self.before in LEGS


def read_intent(found: Found) -> Intent:
    """Return what the alert wants. Raises Unreadable: NO_SIDE, UNKNOWN_SIDE, CONFLICTING_FIELDS, INVALID_FLAG."""
    now = agreed(found.all(Field.MARKET_POSITION), _position)
    before = agreed(found.all(Field.PREV_MARKET_POSITION), _position)
    said = _said(found)
    if said is None:
        return _from_position(found, now, before)
    if now is None:
        return Intent(said.side, said.closes_only, said.reduces, now, before)
    return _with_position(found, said, now, before)


@dataclass(frozen=True, slots=True)
class _Words:
    """An alert's words together: the position an order leads to, the position that is named, what is done to it."""

    entries: tuple[Entry, ...]
    order: Leg | None
    leg: Leg | None
    opens: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """What an alert says without its strategy's position; `by_order` where only an order, buy or sell, says it."""

    entries: tuple[Entry, ...]
    side: Side
    closes_only: Leg | None = None
    reduces: bool = False
    by_order: bool = False


def _said(found: Found) -> _Said | None:
    words = _words(found)
    hedge = agreed(found.all(Field.POSITION_SIDE), _hedge_side)
    only_reduces = agreed(found.all(Field.REDUCE_ONLY), read_flag)
    entries = (*words.entries, *found.all(Field.POSITION_SIDE, Field.REDUCE_ONLY))
    if words.closes:
        leg = _one([words.leg, hedge], entries)
        if words.opens or (words.order and (leg is None or words.order == leg)):
            raise conflict(entries)
        return _Said(entries, Side.CLOSE, leg)
    if words.order and (only_reduces or hedge == OPPOSITE[words.order]):
        leg = _one([OPPOSITE[words.order], words.leg, hedge], entries)
        if words.opens:
            raise conflict(entries)
        return _Said(entries, Side.CLOSE, leg, reduces=True)
    if not (words.order or words.leg or words.opens):
        return None
    leg = _one([words.order, words.leg, hedge], entries)
    if only_reduces:
        raise conflict(entries)
    return _Said(entries, SIDE_OF[leg], by_order=not (words.leg or words.opens)) if leg else None


def _words(found: Found) -> _Words:
    read: list[tuple[Entry, Word]] = []
    for entry in found.all(Field.ACTION, Field.HINT):
        word = read_word(entry.text)
        if word:
            read.append((entry, word))
        elif entry.meaning is Field.ACTION or tells_news(entry.text):
            raise entry.refused(f"says {shown(entry.text)}, which is not known to buy, sell or close")
    entries = tuple(entry for entry, _ in read)
    return _Words(
        entries,
        order=_one([word.leg for _, word in read if word.kind is Kind.ORDER], entries),
        leg=_one([word.leg for _, word in read if word.kind is not Kind.ORDER], entries),
        opens=any(word.kind is Kind.OPEN for _, word in read),
        closes=any(word.kind is Kind.CLOSE for _, word in read),
    )


def _one(legs: Sequence[Leg | None], entries: Sequence[Entry]) -> Leg | None:
    named = {leg for leg in legs if leg}
    if len(named) > 1:
        raise conflict(entries)
    return next(iter(named), None)


def _with_position(found: Found, said: _Said, now: str, before: str | None) -> Intent:
    """An order that leaves the strategy flat closes; one that leaves it on the other side closes a part."""
    disagree = conflict([*said.entries, *found.all(Field.MARKET_POSITION, Field.PREV_MARKET_POSITION)])
    wanted = None if said.side is Side.CLOSE else LEG_OF[said.side]
    if wanted and now == wanted:
        return Intent(said.side, now=now, before=before)
    if now != "flat":
        raise _part_close(now) if now == before else disagree
    if wanted is None:
        leg = _one([said.closes_only, _leg(before)], said.entries)
        return Intent(Side.CLOSE, leg, now=now, before=before)
    if not said.by_order or before not in {None, OPPOSITE[wanted]}:
        raise disagree
    return Intent(Side.CLOSE, OPPOSITE[wanted], now=now, before=before)


def _from_position(found: Found, now: str | None, before: str | None) -> Intent:
    """Return the way to the position that the strategy reports, where no word says what to do."""
    leg = _leg(now)
    if now is None or (leg and agreed(found.all(Field.REDUCE_ONLY), read_flag)):
        raise Unreadable(Reason.NO_SIDE, "The alert names no side: add side with buy, sell or close.")
    if leg is None:
        return Intent(Side.CLOSE, _leg(before), now=now, before=before)
    if before == now and not _has_grown(found):
        raise _part_close(now)
    return Intent(SIDE_OF[leg], now=now, before=before)


def _has_grown(found: Found) -> bool:
    before = agreed(found.all(Field.PREV_MARKET_POSITION_SIZE), _value)
    now = agreed(found.all(Field.MARKET_POSITION_SIZE), _value)
    return before is not None and now is not None and before < now


def _value(entry: Entry) -> Decimal:
    return entry.number(parse_size).value


def _part_close(now: str) -> Unreadable:
    return Unreadable(
        Reason.UNKNOWN_SIDE,
        f"market_position stays {now}: the alert may close a part of the position, which an alert cannot do here.",
    )


def _leg(position: str | None) -> Leg | None:
    return LEGS.get(position or "")


def _position(entry: Entry) -> str:
    position = entry.text.lower()
    if position not in {*LEGS, "flat"}:
        raise entry.refused(f"says {shown(entry.text)}, which is neither long, short nor flat")
    return position


def _hedge_side(entry: Entry) -> Leg | None:
    side = entry.text.lower()
    if side not in {*LEGS, "both", "net"}:
        raise entry.refused(f"says {shown(entry.text)}, which is neither long nor short")
    return LEGS.get(side)
