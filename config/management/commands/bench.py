"""Measures the main job on a database of its own; the next figures to beat stand in bench.json."""

import json
import statistics
import time
import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from accounts.services.trading_accounts import open_account
from bots.models import Bot, BotStatus
from bots.services.alerts import Asked, signal_from_alert
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_group
from groups.services.membership import create_group
from trading.decisions import IntentSide
from trading.services.signals import run_signal

SIZES = (1, 100, 400)
ROUNDS = 5


class Command(BaseCommand):
    """`manage.py bench`: one alert over 1, 100 and 400 paper accounts, from the signal to everything committed."""

    help = "Times one alert over many accounts; ratios within one run are what counts."

    def handle(self, *args: Any, **options: Any) -> None:
        before = settings.DATABASES["default"]["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            rows = [_measure(accounts) for accounts in SIZES]
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)
        one = rows[0]["milliseconds"]
        self.stdout.write(f"one alert on {connection.vendor}, median of {ROUNDS} rounds")
        self.stdout.write("accounts   ms   × one account   SQL statements")
        for row in rows:
            ratio = row["milliseconds"] / one
            self.stdout.write(f"{row['accounts']:8} {row['milliseconds']:6.0f} {ratio:12.1f} {row['statements']:14}")
        with (settings.BASE_DIR / "bench.json").open("w") as file:
            json.dump({"vendor": connection.vendor, "main_job": rows}, file, indent=1)


def _measure(accounts: int) -> dict[str, Any]:
    bot = _bot(accounts)
    with CaptureQueriesContext(connection) as queries:
        _trade(bot, IntentSide.BUY)
    _trade(bot, IntentSide.CLOSE)
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _trade(bot, IntentSide.BUY)
        seconds.append(time.perf_counter() - began)
        _trade(bot, IntentSide.CLOSE)
    return {
        "accounts": accounts,
        "milliseconds": statistics.median(seconds) * 1000,
        "statements": len(queries.captured_queries),
    }


def _bot(accounts: int) -> Bot:
    owner = User.objects.create_user(f"bench{accounts}", f"bench{accounts}@desk.local", role=Role.ADMIN)
    opened = [
        open_account(owner=owner, name=str(number), initial_balance=Decimal(10_000), now=timezone.now())
        for number in range(accounts)
    ]
    bot = create_bot(owner=owner, name="bench", symbol="BTCUSDT", config={"leverage": 5, "position_size": "10%"})
    connect_group(bot, create_group(name=f"bench {accounts}", created_by=owner, accounts=opened))
    return change_status(bot.id, BotStatus.ACTIVE)


def _trade(bot: Bot, side: IntentSide) -> None:
    now = timezone.now()
    signal = signal_from_alert(bot, Asked(side, "BTCUSDT"), signal_id=uuid.uuid4(), received_at=now, now=now)
    done = run_signal(signal.id, clock=timezone.now)
    if done.error_count:
        raise RuntimeError(f"{done.error_count} accounts did not trade")
