"""What an alert's side means for an account, given the position it holds and the bot's settings."""

from dataclasses import dataclass
from enum import StrEnum


class IntentSide(StrEnum):
    """What a signal asks for."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"


class OnOpposite(StrEnum):
    """What a bot does with a signal against the position it holds."""

    REVERSE = "reverse"
    CLOSE = "close"
    IGNORE = "ignore"


class Step(StrEnum):
    """What the road does next for one account."""

    OPEN = "open"
    CLOSE = "close"
    CLOSE_THEN_OPEN = "close_then_open"
    RESIZE = "resize"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rules:
    """A bot's settings that decide between opening, adding, reversing and doing nothing.

    With `resizes` what is asked for is a whole position: one of its side is brought to its size, up or down.
    """

    on_opposite: OnOpposite = OnOpposite.REVERSE
    pyramiding: bool = False
    allow_shorts: bool = True
    resizes: bool = False


DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Decision:
    """The next step, and in words why there is none."""

    step: Step
    code: str = ""
    reason: str = ""


def decide(side: IntentSide, held: int, rules: Rules, *, closes_only: str = "") -> Decision:
    """Return the next step for an account that holds `held` (+1 long, -1 short, 0 flat).

    `closes_only` is "long" or "short" where a close names the side that it closes, else empty.
    """
    if side is IntentSide.CLOSE:
        return _close(held, closes_only)
    wanted = 1 if side is IntentSide.BUY else -1
    opens_short_refused = wanted < 0 and not rules.allow_shorts
    if not held:
        return _nothing("SHORTS_NOT_ALLOWED", "The bot does not open shorts.") if opens_short_refused else _open()
    if held == wanted and rules.resizes:
        return Decision(Step.RESIZE)
    if held == wanted:
        return _open() if rules.pyramiding else _nothing("ALREADY_IN_POSITION", "The bot does not add to a position.")
    return _against(rules, opens_short_refused)


def _close(held: int, closes_only: str) -> Decision:
    if not held:
        return _nothing("ALREADY_FLAT", "There is no position to close.")
    if closes_only and closes_only != ("long" if held > 0 else "short"):
        return _nothing("OTHER_SIDE_HELD", f"There is no {closes_only} position to close.")
    return Decision(Step.CLOSE)


def _against(rules: Rules, opens_short_refused: bool) -> Decision:
    if rules.on_opposite is OnOpposite.IGNORE:
        return _nothing("OPPOSITE_IGNORED", "The bot ignores signals against its position.")
    if rules.on_opposite is OnOpposite.CLOSE or opens_short_refused:
        return Decision(Step.CLOSE)
    return Decision(Step.CLOSE_THEN_OPEN)


def _open() -> Decision:
    return Decision(Step.OPEN)


def _nothing(code: str, reason: str) -> Decision:
    return Decision(Step.NOTHING, code, reason)
