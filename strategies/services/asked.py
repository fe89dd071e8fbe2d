"""What somebody wants to run, put together and checked before anything of it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from core.errors import Invalid
from market.intervals import Interval
from market.models import Instrument
from strategies.catalogue import find_rule
from strategies.models import Strategy
from strategies.rule import Rule
from strategies.run_settings import whole_settings
from strategies.selectors.candles import Span, check_candles, span_between


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run as it was asked for: by a strategy or by the name of a rule; `config` holds no default of an instrument."""

    owner: User
    instrument: Instrument
    interval: Interval
    start: datetime
    end: datetime
    config: Mapping[str, Any]
    strategy: Strategy | None = None
    rule: str = ""

    def the_rule(self) -> Rule:
        """Return the rule that decides. Raises UnknownRule, and Invalid for a strategy without one."""
        if self.strategy is not None and not self.strategy.rule:
            sentence = f"The strategy {self.strategy.name} has no rule: it is decided on elsewhere."
            raise Invalid(sentence, code="STRATEGY_WITHOUT_RULE", field="strategy_id")
        return find_rule(self.strategy.rule if self.strategy else self.rule)

    def parameters_over(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the strategy's parameters with those that were asked for over them."""
        return {**(self.strategy.parameters if self.strategy else {}), **asked}

    def columns(self, *, now: datetime) -> dict[str, Any]:
        """Return the columns of a run, but for its rule's parameters.

        Raises Invalid naming a field of the body, CandlesMissing, TooManyCandles.
        """
        settings = whole_settings(self.config, self.instrument)
        span = self.span(now=now)
        check_candles(self.instrument, span, may_lack=settings["allow_gaps"], now=now)
        return {
            "owner": self.owner,
            "strategy": self.strategy,
            "instrument": self.instrument,
            "interval": self.interval,
            "start": span.opens,
            "end": span.closes,
            "settings": settings,
            "created_at": now,
        }

    def span(self, *, now: datetime) -> Span:
        """Return which candles it goes over. Raises Invalid, TooManyCandles."""
        return span_between(self.interval, start=self.start, end=self.end, now=now)
