"""Creates, replaces and deletes strategies: a rule of the catalogue with parameters that it takes, or only a name."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.errors import Conflict
from strategies.catalogue import find_rule
from strategies.models import Strategy, TradeStrategy
from strategies.parameters import whole_parameters
from strategies.selectors.strategies import StrategyMissing
from strategies.services.slugs import with_free_slug


class StrategyInUse(Conflict):
    """Something living trades by the strategy."""

    code = "STRATEGY_IN_USE"


# What of the apps above trades by a strategy, in words ("2 bots"), empty where nothing does. Filled in at start.
uses: list[Callable[[UUID], str]] = []


def create_strategy(
    *,
    owner: User,
    name: str,
    description: str = "",
    rule: str = "",
    parameters: Mapping[str, Any] | None = None,
    now: datetime,
) -> Strategy:
    """Create a strategy with the defaults of its rule where `parameters` name none.

    Raises UnknownRule, Invalid naming a parameter, SlugTaken.
    """
    terms = {"name": name, "description": description, "rule": rule, "parameters": _whole(rule, parameters or {})}

    def write(slug: str) -> Strategy:
        return Strategy.objects.create(owner=owner, slug=slug, created_at=now, updated_at=now, **terms)

    return with_free_slug(owner.pk, name, write)


@transaction.atomic
def replace_strategy(
    strategy_id: UUID, *, name: str, description: str, rule: str, parameters: Mapping[str, Any], now: datetime
) -> Strategy:
    """Put other terms in the place of a strategy's: what is not given has its default. A new name makes a new slug.

    Whoever trades by it decides by the new terms from the next candle on; backtests keep those that they ran with.
    Raises StrategyMissing, UnknownRule, Invalid naming a parameter, SlugTaken, StrategyInUse where its rule would be
    taken from what trades by it.
    """
    strategy = locked_strategy(strategy_id)
    if strategy.rule and not rule:
        _check_unused(strategy_id, uses)
    renamed = name != strategy.name
    strategy.name, strategy.description, strategy.rule, strategy.updated_at = name, description, rule, now
    strategy.parameters = _whole(rule, parameters)
    fields = ["name", "description", "rule", "parameters", "updated_at"]

    def write(slug: str) -> None:
        strategy.slug = slug
        strategy.save(update_fields=[*fields, "slug"])

    if renamed:
        with_free_slug(strategy.owner_id, name, write, but=strategy.pk)
    else:
        strategy.save(update_fields=fields)
    return strategy


@transaction.atomic
def delete_strategy(strategy_id: UUID, *, now: datetime) -> None:
    """Hide a strategy for good; its slug is free again. Its backtests stay. Raises StrategyMissing, StrategyInUse."""
    strategy = locked_strategy(strategy_id)
    _check_unused(strategy_id, [_traded, *uses])
    strategy.deleted_at = now
    strategy.save(update_fields=["deleted_at"])


def locked_strategy(strategy_id: UUID) -> Strategy:
    """Return a living strategy, locked until the transaction ends. Raises StrategyMissing."""
    strategy = Strategy.objects.living().select_for_update().filter(pk=strategy_id).first()
    if strategy is None:
        raise StrategyMissing
    return strategy


def _check_unused(strategy_id: UUID, uses: Iterable[Callable[[UUID], str]]) -> None:
    using = [words for use in uses if (words := use(strategy_id))]
    if using:
        raise StrategyInUse(f"The strategy is used by {' and '.join(using)}.")


def _traded(strategy_id: UUID) -> str:
    count = TradeStrategy.objects.living().filter(strategy=strategy_id).count()
    return f"{count} trade {'strategies' if count > 1 else 'strategy'}" if count else ""


def _whole(rule: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as they are kept: whole those of a rule, free those of a mere name."""
    return whole_parameters(find_rule(rule), parameters) if rule else dict(parameters)
