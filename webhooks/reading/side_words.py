"""The words by which alerts say what to do: what each one means, and which ones mean that nothing is to be opened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from webhooks.reading.alerts import Leg, Side


class Kind(Enum):
    """What sort of word it is: buy is an order, long a position; open and close say what becomes of a position."""

    ORDER = auto()
    POSITION = auto()
    OPEN = auto()
    CLOSE = auto()
    SILENT = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word's meaning: the position that it is about, or, for an order, the position that it leads to."""

    kind: Kind
    leg: Leg | None = None


LEG_OF: Mapping[Side, Leg] = {Side.BUY: "long", Side.SELL: "short"}
SIDE_OF: Mapping[Leg, Side] = {"long": Side.BUY, "short": Side.SELL}
LEGS: Mapping[str, Leg] = {"long": "long", "short": "short"}
OPPOSITE: Mapping[Leg, Leg] = {"long": "short", "short": "long"}

_LISTS: Mapping[Word, str] = {
    Word(Kind.ORDER, "long"): "buy",
    Word(Kind.ORDER, "short"): "sell",
    Word(Kind.POSITION, "long"): "long",
    Word(Kind.POSITION, "short"): "short",
    Word(Kind.OPEN, "long"): "openlong enterlong entrylong golong longentry longopen buylong buytoopen",
    Word(Kind.OPEN, "short"): "openshort entershort entryshort goshort shortentry shortopen sellshort selltoopen",
    Word(Kind.OPEN): "open enter entry openposition enterposition",
    Word(Kind.CLOSE, "long"): "closelong exitlong longexit longclose selltoclose flattenlong",
    Word(Kind.CLOSE, "short"): "closeshort exitshort shortexit shortclose buytoclose buytocover cover flattenshort",
    Word(Kind.CLOSE): (
        "close exit flat flatten closeall exitall closeposition closepositions exitposition positionclose"
    ),
    Word(Kind.SILENT): "order neworder placeorder createorder trade signal newsignal alert",
}
_WORDS: Mapping[str, Word] = {text: word for word, texts in _LISTS.items() for text in texts.split()}
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
# An alert may tell of its take-profit being hit and name the side it is on: such an alert opens nothing.
_NEWS = re.compile(
    r"(?:^|[^a-z0-9])(?:tp|sl|be|hit|stop|target)\d*(?:[^a-z0-9]|$)"
    r"|cancel|update|modif|amend|partial|reduc|trail|break.?even|exit|take.?profit|stop.?loss|scale.?out"
)


def read_word(text: str) -> Word | None:
    """Return what a word means, whatever its case and separators, or None where it is not known."""
    return _WORDS.get(_NOT_A_LETTER.sub("", text.lower()))


def tells_news(text: str) -> bool:
    """Whether an unknown word tells of a change to a position rather than of a new one."""
    return _NEWS.search(text.lower()) is not None
