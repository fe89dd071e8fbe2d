"""A row made on a hot way is what the model itself makes."""

import uuid
from decimal import Decimal

import pytest

from core.rows import new_row
from core.tests.conftest import Sample


def facts(row):
    return {field.attname: getattr(row, field.attname) for field in Sample._meta.concrete_fields}


def test_it_has_every_field_of_the_model():
    key = uuid.uuid4()
    assert facts(new_row(Sample, id=key, text="x")) == facts(Sample(id=key, text="x"))


def test_what_is_drawn_is_drawn_for_each_row():
    assert new_row(Sample).id != new_row(Sample).id


def test_it_is_saved_like_any_other(samples):
    row = new_row(Sample, money=Decimal("1.5"), text="x")
    assert row._state.adding
    row.save()
    assert samples.get(pk=row.pk).money == Decimal("1.5")


@pytest.mark.django_db
def test_reading_it_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        facts(new_row(Sample))
