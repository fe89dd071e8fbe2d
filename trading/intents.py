"""The intent of a signal: what was asked of every account, in a form that survives a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from trading.decisions import DEFAULT_RULES, IntentSide, OnOpposite, Rules
from trading.size_rules import SizeRule
from trading.sizes import Distance, Size, parse_distance, parse_size

# Every account of a signal reads the same few texts.
_size = lru_cache(maxsize=64)(parse_size)
_distance = lru_cache(maxsize=64)(parse_distance)


@dataclass(frozen=True, slots=True)
class Intent:
    """`size`, `stop_loss` and `take_profit` are text in the size grammar, empty where nothing was asked.

    `closes_only` is "long" or "short" where a close names the side that it closes. `account_sizes` says which accounts
    size it in a way of their own.
    """

    side: IntentSide
    leverage: int = 1
    size: str = ""
    stop_loss: str = ""
    take_profit: str = ""
    closes_only: str = ""
    rules: Rules = DEFAULT_RULES
    account_sizes: Mapping[UUID, SizeRule] = field(default_factory=dict)

    def size_on(self, account_id: UUID) -> Size | None:
        """Return how much one account is to trade; None where nobody says. Raises BadSize for a multiple too large."""
        asked = _size(self.size) if self.size else None
        rule = self.account_sizes.get(account_id)
        return rule.applied_to(asked) if rule else asked

    @property
    def parsed_stop_loss(self) -> Distance | None:
        return _distance(self.stop_loss) if self.stop_loss else None

    @property
    def parsed_take_profit(self) -> Distance | None:
        return _distance(self.take_profit) if self.take_profit else None

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
            "resizes": self.rules.resizes,
            "account_sizes": {str(account_id): rule.to_json() for account_id, rule in self.account_sizes.items()},
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
            rules=_rules(data),
            account_sizes=_account_sizes(data.get("account_sizes", {})),
        )


def _rules(data: Mapping[str, Any]) -> Rules:
    """Read what `Intent.to_json` wrote of a bot's settings; signals from before there were targets resize nothing."""
    return Rules(
        OnOpposite(data["on_opposite"]),
        pyramiding=data["pyramiding"],
        allow_shorts=data["allow_shorts"],
        resizes=data.get("resizes", False),
    )


def _account_sizes(data: Mapping[str, Any]) -> dict[UUID, SizeRule]:
    """Read what `Intent.to_json` wrote of accounts' own sizes; signals from before there were any have none."""
    return {UUID(account_id): SizeRule.from_json(rule) for account_id, rule in data.items()}
