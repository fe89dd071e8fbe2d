"""A round of decisions: each bot with a strategy decides on the newest closed candle of its market, once.

Bots that ask the same of the same candles have them read and the rule run once. Candles that closed while the desk was
away are written down as missed: only the newest is acted on, and none that closed longer ago than the bot's `max_lag`.
A candle that is not there is waited for, as long as the bot would trade it.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError
from django.utils import timezone

from bots.models import Bot, BotDecision, DecisionCode
from bots.selectors.decisions import bots_at_work, decides_now
from bots.services.decisions import keep_failed_decision, keep_quiet_decisions, send_decision
from bots.targets import MOST_CANDLES, Standing, acts, first_decided, first_read
from core.clock import Clock
from core.errors import AppError
from market.candles.series import COLUMNS, CandleSeries, Floats
from market.intervals import Interval
from market.models import Instrument
from market.selectors.instruments import find_instrument
from market.services.candles_so_far import candles_so_far, settled_after
from strategies.catalogue import find_rule
from strategies.child.deciding import targets_of
from strategies.parameters import whole_parameters
from strategies.rule import Rule

logger = logging.getLogger(__name__)

# A candle that is not there is waited for no longer, even by a bot that would trade it later: somebody should know.
LONGEST_WAIT_SECONDS = 300


class Question(NamedTuple):
    """What bots have in common that are answered together; `parameters` is JSON."""

    symbol: str
    interval: Interval
    rule: str
    parameters: str


class NoCandles(AppError):
    """The candles that a decision rests on are not there."""

    code = DecisionCode.NO_CANDLES


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule said until the candle number `newest`: targets (n,), of the n candles `series`; or why it did not."""

    question: Question
    newest: int
    now: datetime
    series: CandleSeries
    targets: Floats
    refused: AppError | None = None

    @property
    def lag_seconds(self) -> float:
        """How long ago the newest candle closed."""
        return self.now.timestamp() - self.question.interval.opens_at(self.newest + 1)

    def target_at(self, number: int) -> float | None:
        """Return the target of a candle by its number; None where there is none."""
        place = number - self.newest - 1
        return float(self.targets[place]) if -place <= len(self.targets) else None

    def candle_at(self, number: int) -> dict[str, float]:
        """Return the prices and the volume of a candle, by their names."""
        place = number - self.newest - 1
        if -place > len(self.series):
            return {}
        return {name: float(getattr(self.series, name)[place]) for name in COLUMNS}


def decide_closed_candles(*, clock: Clock = timezone.now) -> Iterator[UUID]:
    """Decide for every bot whose candle has closed; yield the bots with a signal to go through with, as it is written.

    One statement where nothing has closed; otherwise a few for each question and for each bot that acts, however many
    accounts there are.
    """
    now = clock()
    bots = list(bots_at_work())
    yield from (bot.pk for bot in bots if bot.is_unsettled)  # type: ignore[attr-defined]
    for question, asking in _questions(bots, now=now).items():
        try:
            acting = _decide_together(question, asking, clock=clock)
        except OperationalError:
            raise  # the database is away: the next round finds the same candles
        except Exception:
            logger.exception("no decision on %s %s by %s", *question[:3])
            continue
        yield from acting


def _questions(bots: Iterable[Bot], *, now: datetime) -> Mapping[Question, list[Bot]]:
    """Return the bots with a closed candle that is not decided, by what they ask."""
    asking: dict[Question, list[Bot]] = defaultdict(list)
    for bot in bots:
        if bot.strategy is None or not decides_now(bot):
            continue
        interval = Interval(bot.timeframe)
        if _first_undecided(bot) < interval.number_at(int(now.timestamp())):
            parameters = json.dumps(bot.strategy.parameters, sort_keys=True, cls=DjangoJSONEncoder)
            asking[Question(bot.symbol, interval, bot.strategy.rule, parameters)].append(bot)
    return asking


def _decide_together(question: Question, bots: Sequence[Bot], *, clock: Clock) -> list[UUID]:
    """Answer a question for the bots that ask it; return those that act."""
    acting: list[UUID] = []
    quiet: list[BotDecision] = []
    for some, answer in _answers(question, bots, now=clock()):
        for bot in some:
            rows = _rows(bot, answer)
            if rows and _is_failed(rows[-1]):
                keep_failed_decision(bot, rows, now=answer.now)
            elif rows and rows[-1].code:
                quiet += rows
            elif rows and send_decision(bot, rows, standing=_standing(bot), now=answer.now):
                acting.append(bot.pk)
    if quiet:
        keep_quiet_decisions(quiet, now=clock())
    return acting


def _answers(question: Question, bots: Sequence[Bot], *, now: datetime) -> Iterator[tuple[list[Bot], Answer]]:
    """Yield bots with what their rule says of the candles since they were started; those that wait are left out."""
    by_first: dict[int, list[Bot]] = defaultdict(list)
    try:
        instrument, rule = find_instrument(question.symbol), find_rule(question.rule)
        parameters = whole_parameters(rule, json.loads(question.parameters))
        newest = question.interval.number_at(int(now.timestamp()) - settled_after(instrument)) - 1
        for bot in bots:
            if _first_undecided(bot) <= newest:
                first = first_read(rule, parameters, decided=_started_on(bot), newest=newest)
                by_first[first].append(bot)
    except AppError as refused:
        newest = question.interval.number_at(int(now.timestamp())) - 1
        yield list(bots), _refused(question, newest, refused, now=now)
        return
    for first, some in by_first.items():
        yield some, _answer(question, instrument, rule, parameters, first=first, newest=newest, now=now)


def _answer(
    question: Question,
    instrument: Instrument,
    rule: Rule,
    parameters: Mapping[str, Any],
    *,
    first: int,
    newest: int,
    now: datetime,
) -> Answer:
    series = candles_so_far(instrument, question.interval, first=first, end=newest + 1, now=now)
    if series is None:
        sentence = "The newest candle is not there, or there is a hole in those before it."
        return _refused(question, newest, NoCandles(sentence), now=now)
    try:
        targets = targets_of(rule, series, parameters)
    except AppError as refused:
        return _refused(question, newest, refused, now=now)
    return Answer(question, newest, now, series, targets)


def _refused(question: Question, newest: int, refused: AppError, *, now: datetime) -> Answer:
    return Answer(question, newest, now, CandleSeries.empty(question.interval), np.empty(0), refused)


def _rows(bot: Bot, answer: Answer) -> list[BotDecision]:
    """Return what is to be written for a bot, the newest last: it acts where that has no code. None while it waits."""
    newest, first = answer.newest, _first_undecided(bot)
    try:
        settings = bot.settings
    except AppError as wrong:
        return [_row(bot, answer, newest, wrong.code, wrong.message)]
    refused = answer.refused
    if isinstance(refused, NoCandles) and answer.lag_seconds <= min(settings.max_lag, LONGEST_WAIT_SECONDS):
        return []
    missed = [
        _row(bot, answer, number, DecisionCode.MISSED, "The desk was away when it closed.")
        for number in range(max(first, newest - MOST_CANDLES), newest)
    ]
    if refused is not None:
        return [*missed, _row(bot, answer, newest, refused.code, refused.message)]
    return [*missed, _newest_row(bot, answer, max_lag=settings.max_lag)]


def _newest_row(bot: Bot, answer: Answer, *, max_lag: int) -> BotDecision:
    newest, standing = answer.newest, _standing(bot)
    since = answer.targets[-max(1, newest + 1 - _first_unmade(bot)) :]
    if not acts(since, standing):
        return _row(bot, answer, newest, DecisionCode.UNCHANGED, f"The target stays {since[-1]:g}.", is_made=True)
    if answer.lag_seconds > max_lag:
        sentence = f"The target is {since[-1]:g}; the candle closed more than {max_lag} seconds ago."
        return _row(bot, answer, newest, DecisionCode.STALE, sentence)
    return _row(bot, answer, newest, "", "", is_made=True)


def _row(bot: Bot, answer: Answer, number: int, code: str, reason: str, *, is_made: bool = False) -> BotDecision:
    question = answer.question
    return BotDecision(
        bot=bot,
        symbol=question.symbol,
        interval=question.interval,
        opened_at=datetime.fromtimestamp(question.interval.opens_at(number), UTC),
        rule=question.rule,
        parameters=json.loads(question.parameters),
        candle=answer.candle_at(number),
        target=answer.target_at(number),
        is_made=is_made,
        code=code,
        reason=reason[:500],
        decided_at=answer.now,
        settled_at=answer.now,
    )


def _is_failed(row: BotDecision) -> bool:
    return bool(row.code) and row.code not in (DecisionCode.UNCHANGED, DecisionCode.STALE)


def _started_on(bot: Bot) -> int:
    return first_decided(Interval(bot.timeframe), bot.started_at or bot.created_at)


def _first_undecided(bot: Bot) -> int:
    """Return the number of the first candle that the bot, as it was started, has not decided on."""
    decided_until: datetime | None = bot.decided_until  # type: ignore[attr-defined]
    if decided_until is None:
        return _started_on(bot)
    return max(_started_on(bot), Interval(bot.timeframe).number_at(int(decided_until.timestamp())) + 1)


def _first_unmade(bot: Bot) -> int:
    """Return the number of the first candle whose target the bot may not have followed."""
    made: Any = bot
    if made.stood_from is None or made.stood_interval != bot.timeframe:
        return _started_on(bot)
    return max(_started_on(bot), Interval(bot.timeframe).number_at(int(made.stood_from.timestamp())) + 1)


def _standing(bot: Bot) -> Standing:
    made: Any = bot
    if made.stands_at is None:
        return Standing()
    return Standing(made.stands_at, made.stood_at >= (bot.started_at or bot.created_at))
