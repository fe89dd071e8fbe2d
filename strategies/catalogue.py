"""Which rules there are: those that ship, the files of a folder, and what dotted paths name.

A process reads them once, when it first asks: a file that was changed or added counts from the next process on, so a
desk is restarted for it. A file that cannot be read, or whose rule breaks the rules for rules, is logged and listed in
`broken_rules`; it takes nothing else with it.
"""

from functools import cache

from django.conf import settings

from core.errors import Invalid
from strategies.own_rules import BrokenRule, Catalogue, load_catalogue
from strategies.rule import Parameters, Rule
from strategies.rules import (
    bollinger_reversion,
    buy_and_hold,
    donchian_breakout,
    ema_cross,
    macd,
    rsi_reversion,
    sma_cross,
)

SHIPPED = (
    sma_cross.RULE,
    ema_cross.RULE,
    rsi_reversion.RULE,
    bollinger_reversion.RULE,
    macd.RULE,
    donchian_breakout.RULE,
    buy_and_hold.RULE,
)


class UnknownRule(Invalid):
    """There is no rule of this name."""

    code = "UNKNOWN_RULE"

    def __init__(self, name: object, known: list[str]) -> None:
        super().__init__(f"There is no rule {name!r:.80}; there are {', '.join(known)}.", field="rule")


def rule_names() -> list[str]:
    """Return the names of all rules that can be used, those that ship first."""
    return list(_catalogue().rules)


def find_rule(name: str) -> Rule:
    """Return the rule of this name. Raises UnknownRule."""
    rule = _catalogue().rules.get(name)
    if rule is None:
        raise UnknownRule(name, rule_names())
    return rule


def title_of(name: str) -> str:
    """Return what people call the rule of this name; the name itself where there is none any more."""
    rule = _catalogue().rules.get(name)
    return rule.title if rule else name


def is_own(rule: Rule) -> bool:
    """Say whether a rule came from a file or a dotted path: nobody knows what such a one does, or when it ends."""
    return _catalogue().rules.get(rule.name) is rule and all(rule is not shipped for shipped in SHIPPED)


def broken_rules() -> tuple[BrokenRule, ...]:
    """Return the files and dotted paths that gave no rule, each with the reason."""
    return _catalogue().broken


def warm_up_of(name: str, parameters: Parameters) -> int:
    """Return how many candles a rule wants before those that count. Raises UnknownRule, RuleFailed."""
    return find_rule(name).candles_before(parameters)


def forget() -> None:
    """Have the next question read the rules again."""
    _catalogue.cache_clear()


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(SHIPPED, settings.STRATEGY_RULES_FOLDER, settings.STRATEGY_RULES)
