"""The messages to paste into TradingView for one bot, its key included.

Every value stands in quotes: a placeholder that becomes NaN or a bare word cannot break the JSON then.
"""

import json
from dataclasses import dataclass

from bots.config import BotConfig

# What one typed message may hold; only what a script sends by alert() may be longer, up to LONGEST_SENT.
LONGEST_TYPED = 4_000
LONGEST_SENT = 40_960
SYMBOL = "{{exchange}}:{{ticker}}"
# Two orders that are filled in one second differ in one of these: the second leaves another position behind it.
_FILL = (
    *("strategy.order.id", "strategy.order.action", "strategy.order.contracts"),
    *("strategy.order.price", "strategy.position_size"),
)
_SIZE_OF_INDICATOR = "1%"
_PORTS = frozenset({"80", "443", ""})
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its fields, and the exact text to paste."""

    fields: dict[str, str]

    @property
    def text(self) -> str:
        return json.dumps(self.fields, indent=2, ensure_ascii=False)


def strategy_message(key: str, config: BotConfig) -> Message:
    """Return the one message of a strategy's alert: TradingView sends it once for every order that is filled.

    A bot without a size of its own trades as many units as the strategy does.
    """
    fields = {
        "secret": key,
        "alert_id": "|".join(f"{{{{{name}}}}}" for name in ("ticker", "timenow", *_FILL)),
        "timenow": "{{timenow}}",
        "symbol": SYMBOL,
        "side": "{{strategy.order.action}}",
        "market_position": "{{strategy.market_position}}",
        "prev_market_position": "{{strategy.prev_market_position}}",
        "market_position_size": "{{strategy.market_position_size}}",
        "prev_market_position_size": "{{strategy.prev_market_position_size}}",
        "price": "{{strategy.order.price}}",
    }
    return Message(fields | ({} if config.position_size else {"contracts": "{{strategy.order.contracts}}"}))


def indicator_message(key: str, config: BotConfig, *, side: str) -> Message:
    """Return the message of an indicator's alert that buys, sells or closes: each condition is an alert of its own.

    A bot without a size of its own gets a small one that its owner is to change.
    """
    fields = {
        "secret": key,
        "alert_id": f"{side}|{{{{ticker}}}}|{{{{interval}}}}|{{{{timenow}}}}",
        "timenow": "{{timenow}}",
        "symbol": SYMBOL,
        "side": side,
        "price": "{{close}}",
    }
    sized = side != "close" and not config.position_size
    return Message(fields | ({"size": _SIZE_OF_INDICATOR} if sized else {}))


def notes_for(config: BotConfig, *, host: str, is_secure: bool) -> list[str]:
    """Return what whoever pastes the messages has to know; `host` is this desk's, with its port where it has one."""
    notes = [
        "Put webhook_url into the alert's webhook field; with webhook_url_with_key the field secret may be left out.",
        "TradingView needs two-factor authentication on your account, calls ports 80 and 443 only, follows no redirect"
        " and gives up after 3 seconds.",
        "Fire indicator alerts once per bar close: within a bar a condition may come and go again.",
        "Leave the quotes around every placeholder: a number that is missing becomes NaN, and a bare word is no JSON.",
        "strategy.* is filled in alerts of strategies only. A changed script or message needs a new alert.",
        "An order id of your script must hold no double quote, and stay below a hundred characters.",
        "symbol is the market of the chart; where its exchange is not known here, write the bot's symbol instead.",
        "Whoever has the secret can fire this bot. POST /api/v1/bots/{id}/rotate-key makes a new one.",
    ]
    if not config.position_size:
        notes.append(
            "The bot has no position_size: a strategy trades its own contracts as units, and the indicator's size of"
            f" {_SIZE_OF_INDICATOR} of equity is there to be changed."
        )
    return notes + _notes_on_address(host, is_secure=is_secure)


def _notes_on_address(host: str, *, is_secure: bool) -> list[str]:
    name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdigit() else (host, "", "")
    notes = []
    if name in _HERE:
        notes.append(f"TradingView cannot reach {name}: ask at the desk's public address.")
    if port not in _PORTS:
        notes.append(f"TradingView does not call port {port}.")
    if not is_secure:
        notes.append("This address is not HTTPS: whoever listens reads the key.")
    return notes
