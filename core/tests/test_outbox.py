"""Messages for streams are stored with what they tell, or not at all."""

import pytest
from django.db import transaction
from django.utils import timezone

from core.models import Event
from core.streams import outbox
from core.streams.outbox import Message, emit

pytestmark = pytest.mark.django_db

TOLD = [Message("bot:1", {"type": "bot_update", "size": "0.1"}), Message("account:2", {"type": "x"})]


def test_messages_are_stored_in_their_order_and_unnumbered():
    emit(TOLD, now=timezone.now())
    rows = Event.objects.order_by("id").values_list("stream", "message", "seq", "cursor")
    assert list(rows) == [("bot:1", TOLD[0].body, None, None), ("account:2", {"type": "x"}, None, None)]


def test_nothing_to_tell_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        emit([], now=timezone.now())


def test_many_messages_are_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        emit(TOLD * 300, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told():
    with transaction.atomic():
        emit(TOLD, now=timezone.now())
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_the_relay_is_woken_once_the_rows_are_committed(monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(outbox, "announce", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        emit(TOLD, now=timezone.now())
        assert woken == []
    assert woken == [outbox.OUTBOX]
