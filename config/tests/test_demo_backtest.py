"""The demo's backtest: finished when it is made, once, and the same as a compiled run."""

from dataclasses import asdict
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from config.demo_backtest import STRATEGY_NAME, make_demo_backtest
from market.intervals import Interval
from strategies.backtest.run import run_backtest
from strategies.catalogue import find_rule
from strategies.models import Backtest, Strategy
from strategies.run_settings import settings_of
from strategies.selectors.backtests import told_backtests
from strategies.selectors.reports import report_of
from strategies.services.strategies import delete_strategy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backtest(ada: User) -> Backtest:
    made = make_demo_backtest(ada, clock=timezone.now)
    return told_backtests().get(pk=made.pk)


def test_it_is_finished_and_has_a_report(backtest: Backtest) -> None:
    subject = report_of(backtest, now=timezone.now())
    assert (backtest.status, backtest.owner.username, backtest.job.status) == ("completed", "ada", "completed")
    assert (len(subject.result.trades) > 10, subject.candles is not None) == (True, True)
    assert subject.title == STRATEGY_NAME


def test_it_is_what_the_compiled_pass_would_have_found(backtest: Backtest) -> None:
    subject = report_of(backtest, now=timezone.now())
    market, terms = settings_of(backtest.settings)
    targets = find_rule(backtest.rule).decide(subject.candles, backtest.parameters)
    first = subject.result.first
    compiled = run_backtest(subject.candles, targets, market=market, settings=terms, first=first)
    assert np.array_equal(compiled.equity, subject.result.equity)
    assert asdict(compiled)["totals"] == subject.result.totals
    assert subject.interval is Interval.H1


def test_a_second_start_makes_no_other_though_the_strategy_was_deleted(settings, monkeypatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "Admin-pass-7")
    first, second = StringIO(), StringIO()
    call_command("bootstrap", "--demo", stdout=first)
    delete_strategy(Strategy.objects.get().pk, now=timezone.now())
    call_command("bootstrap", "--demo", stdout=second)
    assert ("demo backtest made" in first.getvalue(), second.getvalue()) == (True, "")
    assert Backtest.objects.count() == 1
