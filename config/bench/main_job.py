"""The main job: one alert over many paper accounts, from its bytes to everything committed, beside its floors."""

import gc
import json
import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from accounts.models import TradingAccount, User
from bots.models import Bot
from bots.services.bots import webhook_key
from config import garbage
from config.bench.desks import SYMBOL, make_bot, make_owner, open_accounts
from config.bench.floors import least, named_by_the_least
from config.bench.hands import Hand, hands
from config.bench.recording import Commit, copied, record
from trading.models import Signal
from webhooks.senders import prove_sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

ROUNDS = {1: 25, 100: 11, 1_000: 7}
BUY = {"symbol": SYMBOL, "side": "buy", "size": "10%", "leverage": "5", "takeprofit": "5%", "stop_loss": "2%"}
CLOSE = {"symbol": SYMBOL, "side": "close"}
ROAD, IN_PYTHON, FLOOR, LEAST = "road", "in_python", "floor", "least"


def measure() -> dict[str, Any]:
    """Measure every size, in a process made ready as a worker is; return {accounts: what `measure_accounts` says}."""
    garbage.settle()
    owner = make_owner()
    with hands() as ways:
        sizes = ROUNDS.items()
        return {str(number): measure_accounts(owner, number, rounds=rounds, ways=ways) for number, rounds in sizes}


def measure_accounts(owner: User, number: int, *, rounds: int, ways: Mapping[str, Hand]) -> dict[str, Any]:
    """Return median milliseconds of the road and of each way to write a floor, in interleaved rounds.

    Each round the road trades the bot's accounts, flat before, and each floor writes the same rows for accounts
    of its own, flat too. The first round warms up and does not count.
    """
    accounts = open_accounts(owner, number)
    bot = make_bot(owner, accounts)
    read = next(iter(ways.values())).read
    first = alert(bot, BUY)
    recording = record(lambda: down_the_road(*first), read=read)
    trade(bot, CLOSE)
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds + 1):
        milliseconds, in_python = trade(bot, BUY)
        took[ROAD].append(milliseconds)
        took[IN_PYTHON].append(in_python)
        trade(bot, CLOSE)
        for name, hand in ways.items():
            commits = copied(recording.commits, twins(owner, accounts))
            took[f"{FLOOR} {name}"].append(_floor(hand, commits))
            commits = copied(recording.commits, twins(owner, accounts))
            took[f"{LEAST} {name}"].append(_least(hand, commits))
    return {
        "milliseconds": {name: statistics.median(times[1:]) for name, times in took.items()},
        "statements": recording.statements,
        "commits": len(recording.commits),
        "statements_by_hand": sum(len(commit) for commit in recording.commits),
    }


def trade(bot: Bot, body: dict[str, str]) -> tuple[float, float]:
    """Send one alert; return its milliseconds, and those of CPU in this process. Raises unless every account traded."""
    raw, key = alert(bot, body)
    gc.collect()
    began = time.process_time()
    milliseconds = _milliseconds(lambda: down_the_road(raw, key))
    in_python = (time.process_time() - began) * 1000
    signal = Signal.objects.filter(bot_id=bot.id).latest("received_at")
    accounts = signal.outcomes.count()
    if signal.success_count != accounts:
        raise RuntimeError(f"{signal.success_count} of {accounts} accounts traded")
    return milliseconds, in_python


def alert(bot: Bot, body: dict[str, str]) -> tuple[bytes, str]:
    """Return the bytes of an alert that never came before, and the key that proves its sender."""
    return json.dumps({**body, "note": str(uuid.uuid4())}).encode(), webhook_key(bot)


def down_the_road(raw: bytes, key: str) -> None:
    """Take an alert as the webhook does, and trade it as the worker does."""
    now = timezone.now()
    sender = prove_sender(raw, url_key=key, signature="", now=now)
    take(raw, sender=sender, origin=Origin("127.0.0.1", "application/json"), now=now)
    work_inbox(sender.bot.pk, clock=timezone.now)


def twins(owner: User, accounts: list[TradingAccount]) -> dict[uuid.UUID, uuid.UUID]:
    """Open a flat account for each of these; return who stands for whom."""
    pairs = zip(accounts, open_accounts(owner, len(accounts)), strict=True)
    return {account.id: twin.id for account, twin in pairs}


def _floor(hand: Hand, commits: list[Commit]) -> float:
    script = hand.script(commits)
    gc.collect()
    return _milliseconds(lambda: hand.play(script))


def _least(hand: Hand, commits: list[Commit]) -> float:
    hand.play(hand.script([named_by_the_least(commits)]))
    script = hand.script([least(commits)])
    gc.collect()
    return _milliseconds(lambda: hand.play(script))


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
