"""What a message would do once it is filled in: read at several moments, and compared.

Whether an alert_id is unique, or an exit is told from an entry, shows best where two alerts of one message are read.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from trading.sizes import Size, SizeMode
from webhooks.linting.findings import Finding, error, info, warning
from webhooks.linting.placeholders import Firing
from webhooks.reading.alerts import Alert, Side, Unreadable
from webhooks.reading.fields import shown
from webhooks.reading.json_alert import bare_name
from webhooks.reading.synonyms import ANYWHERE, INFORMATION, Field

MOST_NAMES = 10

_DELAYED = re.compile(r"_DLY?(?::|$)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that can be fired: `text` is what it says at a moment, `read` what that is read as.

    `read` raises Unreadable.
    """

    text: Callable[[Firing], str]
    read: Callable[[Firing], Alert]
    is_of_strategy: bool


def check_reading(message: Message, alert: Alert, firing: Firing) -> list[Finding]:
    """Return what is wrong with what the message does; `alert` is what it is read as at `firing`, an entry."""
    later = replace(firing, at=firing.at + timedelta(hours=1), price=firing.price + 1)
    found = [*_fired_at(message, alert, later), *_identity(message, alert, firing, later), *_meaning(alert)]
    return found + (list(_fills(message, alert, firing)) if message.is_of_strategy else [])


def ignored_fields(alert: Alert) -> dict[str, str]:
    """Return what an alert says that changes nothing, by path; the size of a close is among it."""
    return {path: text for path, text in alert.extra.items() if _meaning_of(path) not in INFORMATION}


def _meaning_of(path: str) -> Field | None:
    return ANYWHERE.get(bare_name(path.rpartition(".")[2]))


def _fired_at(message: Message, alert: Alert, later: Firing) -> Iterator[Finding]:
    if alert.fired_at is None:
        said = 'An alert that comes late is traded as if it were fresh: add "timenow": "{{timenow}}".'
        yield warning("NO_TIMENOW", said)
    elif _read(message, later, of="fired_at") == alert.fired_at:
        yield error("TIMENOW_FIXED", "The time of firing is always the same: write {{timenow}} in its place.")


def _identity(message: Message, alert: Alert, firing: Firing, later: Firing) -> Iterator[Finding]:
    if alert.alert_id is not None:
        if _read(message, later, of="alert_id") == alert.alert_id:
            said = "alert_id is always the same, and an id is taken once, ever: the second alert would be dropped."
            yield error("ALERT_ID_FIXED", said)
    elif message.text(later) == message.text(firing):
        said = "Every alert of this message is the same text: a second one within 30 seconds is taken for the first."
        yield warning("ALWAYS_THE_SAME", said)
    else:
        said = "Without alert_id the same text within 30 seconds is one alert; with one of its own each is its own."
        yield info("NO_ALERT_ID", said)


def _fills(message: Message, alert: Alert, firing: Firing) -> Iterator[Finding]:
    """Look at the strategy's other fills: a second one in the same second, an exit, a reversal."""
    added = replace(
        firing,
        contracts=firing.contracts * 2,
        position_size=firing.position_size * 3,
        prev_position_size=firing.position_size,
    )
    if alert.alert_id is None:
        look_alike = message.text(added) == message.text(firing)
    else:
        look_alike = _read(message, added, of="alert_id") == alert.alert_id
    if look_alike:
        said = "Two orders that are filled in one second are taken for one: add {{strategy.order.contracts}},"
        yield warning(
            "FILLS_LOOK_ALIKE", f"{said} {{{{strategy.order.price}}}} and {{{{strategy.position_size}}}} to alert_id."
        )
    yield from _ends(message, firing)


def _ends(message: Message, firing: Firing) -> Iterator[Finding]:
    """Look at an exit, which is an order for the other side, and at a reversal, which counts the old position too."""
    closed = replace(firing, action="sell", position_size=Decimal(0), prev_position_size=firing.position_size)
    turned = replace(closed, contracts=firing.contracts * 2, position_size=-firing.position_size, order_id="Short")
    yield from _refused(message, closed, "An exit")
    yield from _refused(message, turned, "A reversal")
    if _read(message, closed, of="side") not in {None, Side.CLOSE}:
        said = "An exit of the strategy reads as an order for the other side, and no position is expected: add"
        yield warning("NO_MARKET_POSITION", f'{said} "market_position": "{{{{strategy.market_position}}}}".')
    if _read(message, turned, of="size") == Size(SizeMode.BASE, turned.contracts):
        said = "A reversal would open the size of both positions together: add prev_market_position and"
        yield warning("REVERSAL_DOUBLES", f"{said} market_position_size, each with its placeholder.")


def _refused(message: Message, firing: Firing, what: str) -> Iterator[Finding]:
    try:
        message.read(firing)
    except Unreadable as refused:
        yield error(refused.code, f"{what} of the strategy would not be read: {refused.message}")


def _read(message: Message, firing: Firing, *, of: str) -> object:
    """Return one field of what is read; None where it would not be read, which is a finding of its own."""
    try:
        return getattr(message.read(firing), of)
    except Unreadable:
        return None


def _meaning(alert: Alert) -> Iterator[Finding]:
    if not alert.do_trade:
        yield warning("NOT_TRADED", "The alert says of itself that it is not to be traded.")
    if any(_DELAYED.search(text) for text in (alert.symbol, alert.extra.get("exchange", ""))):
        said = f"{shown(alert.symbol)} is of a delayed feed: its prices are minutes old when the alert is fired."
        yield warning("DELAYED_FEED", said)
    ignored = [path for path in alert.extra if _meaning_of(path) is None]
    if ignored:
        more = f" and {len(ignored) - MOST_NAMES} more" if len(ignored) > MOST_NAMES else ""
        names = ", ".join(shown(name) for name in ignored[:MOST_NAMES])
        yield info("IGNORED_FIELDS", f"These fields are kept and change nothing: {names}{more}.")
