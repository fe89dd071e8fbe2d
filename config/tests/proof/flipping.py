"""Bots that trade each minute by a rule that turns at every candle, and what must hold of their decisions."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from accounts.models import Role, User
from bots.models import Bot
from bots.services.bots import change_bot
from config.tests.proof.books import Books
from config.tests.proof.flipping_rule import RULE
from strategies.models import Strategy

MINUTE = timedelta(minutes=1)
AWAY = timedelta(minutes=3)
DECISIONS = """
    SELECT bot_id, opened_at, target, is_made, signal_id, code FROM bots_botdecision ORDER BY bot_id, opened_at"""


def decide_each_minute(now: datetime) -> None:
    """Have all bots trade by the rule, on minutes, as if the desk had been away since they were started."""
    owner = User.objects.filter(role=Role.ADMIN).earliest("created_at")
    strategy = Strategy.objects.create(owner=owner, name="Flipping", slug="flipping", rule=RULE.name)
    for bot in Bot.objects.all():
        change_bot(bot.pk, {"strategy_id": strategy.pk, "timeframe": "1m"}, now=now)
    Bot.objects.update(started_at=now - AWAY)


class Decided:
    """What stands in a desk's table of decisions."""

    def __init__(self, books: Books) -> None:
        self.of_bots: dict[str, list[tuple]] = defaultdict(list)
        for bot, opened_at, *rest in books.rows(DECISIONS):
            self.of_bots[str(bot)].append((datetime.fromisoformat(str(opened_at)).replace(tzinfo=None), *rest))

    @property
    def figures(self) -> dict[str, float]:
        rows = [row for rows in self.of_bots.values() for row in rows]
        signals = sum(row[3] is not None for row in rows)
        return {"decisions": len(rows), "signals": signals, "missed": sum(row[4] == "MISSED" for row in rows)}

    def complaints(self) -> list[str]:
        """Return what is wrong: a candle that was passed over or decided twice, a change without its signal."""
        return [f"{bot}: {told}" for bot, rows in self.of_bots.items() for told in (*_holes(rows), *_unsent(rows))]


def _holes(rows: list[tuple]) -> list[str]:
    times = [row[0] for row in rows]
    return [f"{after} comes after {before}" for before, after in pairwise(times) if after - before != MINUTE]


def _unsent(rows: list[tuple]) -> list[str]:
    """Return the decisions that were made and sent no signal though the target had changed, or one though it had not.

    A rule that turns at every candle comes back to its target where one candle was missed: that is sent again.
    """
    stood, passed_over, found = 0.0, False, []
    for opened_at, target, is_made, signal, code in rows:
        if not is_made:
            passed_over = True
            if signal is not None:
                found.append(f"{opened_at} was not made ({code}) and sent a signal")
            continue
        if (signal is not None) != (target != stood or passed_over):
            found.append(f"{opened_at} went from {stood} to {target} with signal {signal}")
        stood, passed_over = target, False
    return found
