"""What a test that commits leaves behind is undone: to the last row of what `migrate` had left."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection

from accounts.models import Transfer
from config.tests.emptying import put_back, remember
from core import triggers
from market.models import Instrument

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_written_is_gone_with_its_ledger(tom, account_of, left_by_migrate):
    account_of(tom)
    put_back(left_by_migrate)
    assert not Transfer.objects.exists()
    assert remember() == left_by_migrate


def test_what_was_deleted_is_back_under_the_same_ids(left_by_migrate):
    ids = set(Permission.objects.values_list("id", flat=True))
    Group.objects.all().delete()
    Permission.objects.all().delete()
    put_back(left_by_migrate)
    assert set(Permission.objects.values_list("id", flat=True)) == ids
    assert remember() == left_by_migrate


def test_what_was_changed_is_as_before(left_by_migrate):
    Instrument.objects.update(slippage=0)
    put_back(left_by_migrate)
    assert remember() == left_by_migrate


def test_triggers_stand_also_where_a_test_took_them_away(left_by_migrate):
    triggers.remove()
    put_back(left_by_migrate)
    assert triggers.missing() == []


def test_the_ledger_is_closed_again_once_it_was_emptied(tom, account_of, left_by_migrate):
    account_of(tom)
    put_back(left_by_migrate)
    assert triggers.missing() == []


def test_where_nothing_was_written_only_reading_is_done(left_by_migrate, django_assert_num_queries):
    reading = 2 + sum(1 for rows in left_by_migrate.rows.values() if rows)
    with django_assert_num_queries(reading):
        put_back(left_by_migrate)
    assert connection.in_atomic_block is False
