"""A symbol that nothing has may be new at an exchange: a worker looks, at most once a minute."""

import pytest

from market import tasks, unknown_symbols
from market.selectors.instruments import find_instrument
from market.symbols import UnknownSymbol
from market.tasks import look_for_new_instruments
from market.unknown_symbols import Pause

pytestmark = pytest.mark.django_db


@pytest.fixture
def nudged(monkeypatch, seconds):
    nudged = []
    monkeypatch.setattr(tasks, "nudge_worker", nudged.append)
    monkeypatch.setattr(unknown_symbols, "_pause", Pause(60, monotonic=seconds))
    return nudged


def ask_for(text):
    with pytest.raises(UnknownSymbol):
        find_instrument(text)


def test_a_worker_is_asked_once_a_minute(nudged, seconds, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ask_for("NEWUSDT")
        ask_for("OTHERUSDT")
    assert nudged == [look_for_new_instruments]
    seconds.now += 60
    with django_capture_on_commit_callbacks(execute=True):
        ask_for("NEWUSDT")
    assert len(nudged) == 2


def test_nobody_is_asked_within_the_transaction(nudged):
    ask_for("NEWUSDT")
    assert nudged == []


@pytest.mark.parametrize("text", ["TVC:DXY", "NQ1!", "", "BTC\x00USDT"])
def test_text_that_can_be_no_symbol_asks_nobody(nudged, django_capture_on_commit_callbacks, text):
    with django_capture_on_commit_callbacks(execute=True):
        ask_for(text)
    assert nudged == []


def test_symbol_that_is_found_asks_nobody(nudged, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        find_instrument("BTCUSDT")
    assert nudged == []
