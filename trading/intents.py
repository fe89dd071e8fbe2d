"""The intent of a signal: what was asked, the same for every account, in a form that survives a restart."""

from dataclasses import dataclass
from typing import Any, Self

from trading.decisions import DEFAULT_RULES, IntentSide, OnOpposite, Rules
from trading.sizes import Distance, Size, parse_distance, parse_size


@dataclass(frozen=True, slots=True)
class Intent:
    """`size`, `stop_loss` and `take_profit` are text in the size grammar, empty where nothing was asked.

    `closes_only` is "long" or "short" where a close names the side that it closes.
    """

    side: IntentSide
    leverage: int = 1
    size: str = ""
    stop_loss: str = ""
    take_profit: str = ""
    closes_only: str = ""
    rules: Rules = DEFAULT_RULES

    @property
    def parsed_size(self) -> Size | None:
        return parse_size(self.size) if self.size else None

    @property
    def parsed_stop_loss(self) -> Distance | None:
        return parse_distance(self.stop_loss) if self.stop_loss else None

    @property
    def parsed_take_profit(self) -> Distance | None:
        return parse_distance(self.take_profit) if self.take_profit else None

    def to_json(self) -> dict[str, Any]:
        return {
            "side": self.side.value,
            "leverage": self.leverage,
            "size": self.size,
            "stop_loss": self.stop_loss,
            "take_profit": self.take_profit,
            "closes_only": self.closes_only,
            "on_opposite": self.rules.on_opposite.value,
            "pyramiding": self.rules.pyramiding,
            "allow_shorts": self.rules.allow_shorts,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(
            side=IntentSide(data["side"]),
            leverage=data["leverage"],
            size=data["size"],
            stop_loss=data["stop_loss"],
            take_profit=data["take_profit"],
            closes_only=data["closes_only"],
            rules=Rules(OnOpposite(data["on_opposite"]), data["pyramiding"], data["allow_shorts"]),
        )
