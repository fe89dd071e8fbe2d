"""Set-based writes: every kind of column survives, and one statement writes any number of rows."""

import uuid
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, models, transaction

from core.bulk import insert_columns, insert_rows, update_rows, upsert_newer_rows, upsert_rows
from core.exact import NotExact
from core.tests.conftest import Sample


class Kind(models.TextChoices):
    ONE = "one"


AT = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
VALUES = [
    ("money", Decimal("92233720368.54775807")),
    ("money", Decimal("-0.00000001")),
    ("quantity", Decimal("0.10000000")),
    ("price", Decimal("922337203.6854775807")),
    ("rate", Decimal("-0.0002")),
    ("count", 2**63 - 1),
    ("count", -(2**63)),
    ("count", 2**53 + 1),
    ("text", ""),
    ("text", 'it\'s "quoted", \\ and 50% {0}'),
    ("text", "Привет, 世界 🚀 \u2028"),
    ("text", '["not", "json"]'),
    ("text", "null"),
    ("text", "2026-03-02"),
    ("text", "0012.50"),
    ("flag", True),
    ("flag", False),
    ("at", AT),
    ("at", AT.replace(microsecond=0)),
    ("data", {}),
    ("data", []),
    ("data", {"a": [1, None, True, "ü'\"", {"b": "1.10"}]}),
    ("data", "a string"),
    ("data", 0),
    *((name, None) for name in ("money", "quantity", "price", "rate", "count", "text", "flag", "at", "data")),
]


@pytest.mark.parametrize(("column", "value"), VALUES, ids=repr)
def test_an_inserted_value_comes_back(samples, column, value):
    row = Sample(**{column: value})
    insert_rows(Sample, [row])
    assert getattr(samples.get(pk=row.pk), column) == value


@pytest.mark.parametrize(("column", "value"), VALUES, ids=repr)
def test_an_updated_value_comes_back(samples, column, value):
    row = samples.create()
    setattr(row, column, value)
    assert update_rows(Sample, [row], [column]) == 1
    assert getattr(samples.get(pk=row.pk), column) == value


@pytest.mark.parametrize(("column", "value"), VALUES, ids=repr)
def test_djangos_own_insert_stores_the_same(samples, column, value):
    samples.create(**{column: value})
    insert_rows(Sample, [Sample(**{column: value})])
    assert samples.values(column).distinct().count() == 1


def test_values_of_one_column_may_differ_in_kind(samples):
    rows = [Sample(count=count, money=money) for count, money in ((1, None), (None, "1.5"), (2**62, 3))]
    insert_rows(Sample, rows)
    assert [samples.get(pk=row.pk).count for row in rows] == [1, None, 2**62]
    assert [samples.get(pk=row.pk).money for row in rows] == [None, Decimal("1.5"), 3]


@pytest.mark.parametrize("many", [1, 700])
def test_one_statement_inserts_any_number_of_rows(samples, django_assert_num_queries, many):
    rows = [Sample(count=number) for number in range(many)]
    with django_assert_num_queries(1):
        insert_rows(Sample, rows)
    assert sorted(samples.values_list("count", flat=True)) == list(range(many))


@pytest.mark.parametrize("many", [1, 700])
def test_one_statement_updates_any_number_of_rows(samples, django_assert_num_queries, many):
    rows = [Sample(count=number, text="kept") for number in range(many)]
    insert_rows(Sample, rows)
    changed = [Sample(pk=row.pk, count=-row.count) for row in rows]
    with django_assert_num_queries(1):
        assert update_rows(Sample, changed, ["count"]) == many
    assert sorted(samples.values_list("count", flat=True)) == list(range(1 - many, 1))
    assert samples.filter(text="kept").count() == many


def test_an_update_touches_no_other_row_and_no_other_column(samples):
    row, other = samples.create(count=1, text="a"), samples.create(count=1, text="b")
    row.count, row.text = 2, "forgotten"
    update_rows(Sample, [row], ["count"])
    assert set(samples.values_list("pk", "count", "text")) == {(row.pk, 2, "a"), (other.pk, 1, "b")}


def test_an_update_of_a_row_that_is_gone_changes_nothing_and_says_so(samples):
    assert update_rows(Sample, [Sample(count=1)], ["count"]) == 0
    assert not samples.exists()


@pytest.mark.parametrize("write", [lambda: insert_rows(Sample, []), lambda: update_rows(Sample, [], ["count"])])
def test_nothing_to_write_is_no_statement(samples, django_assert_num_queries, write):
    with django_assert_num_queries(0):
        write()


def test_inserted_rows_are_stamped_and_know_that_they_are_stored(samples):
    row = Sample()
    insert_rows(Sample, [row])
    assert (row._state.adding, row._state.db) == (False, "default")
    assert samples.get().stamped_at == row.stamped_at


@pytest.mark.parametrize("money", [0.1, "NaN", "0.000000001", "92233720368.54775808"])
def test_what_a_column_refuses_is_refused_and_no_row_is_written(samples, money):
    with pytest.raises(NotExact):
        insert_rows(Sample, [Sample(), Sample(money=money)])
    assert not samples.exists()


def test_a_row_that_is_there_already_is_refused_and_none_of_the_others_is_written(samples):
    row = samples.create(id=uuid.uuid4())
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Sample, [Sample(), Sample(pk=row.pk)])
    assert samples.count() == 1


def update_text(model, rows):
    model.objects.create(pk=rows[0].pk)
    update_rows(model, rows, ["text"])


@pytest.mark.parametrize("write", [insert_rows, update_text])
def test_a_text_that_is_too_long_is_never_cut(samples, on_postgresql, write):
    # PostgreSQL refuses it; SQLite has no lengths and keeps all of it, as with Django's own insert
    refused = pytest.raises(DatabaseError) if on_postgresql else nullcontext()
    with refused, transaction.atomic():
        write(Sample, [Sample(text="x" * 41)])
    assert not samples.filter(text="x" * 40).exists()


HOSTILE = [
    "NULL",
    "null",
    "{}",
    "{a,b}",
    '"',
    "\\",
    '\\"',
    ",",
    " ",
    "",
    "a\nb\tc",
    "💥",
    "'; DROP TABLE x; --",
    "%s",
    "$1",
]


def test_texts_that_look_like_an_array_of_the_database_come_back(samples):
    rows = [Sample(text=text, data={"text": text}) for text in (*HOSTILE, None)]
    insert_rows(Sample, rows)
    assert [samples.get(pk=row.pk).text for row in rows] == [*HOSTILE, None]
    assert [samples.get(pk=row.pk).data["text"] for row in rows] == [*HOSTILE, None]


def test_a_choice_is_stored_as_its_text(samples):
    insert_rows(Sample, [Sample(text=Kind.ONE), Sample(text="two")])
    assert set(samples.values_list("text", flat=True)) == {"one", "two"}


def test_columns_become_rows_with_the_defaults_of_the_others(samples):
    ids = [uuid.uuid4(), uuid.uuid4()]
    insert_columns(Sample, {"id": ids, "count": [1, 2]}, text="same", stamped_at=AT)
    rows = samples.order_by("count").values_list("id", "count", "text", "flag")
    assert list(rows) == [(ids[0], 1, "same", None), (ids[1], 2, "same", None)]


def test_no_columns_are_no_statement(samples, django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_columns(Sample, {"id": [], "count": []}, text="same")


def test_columns_that_are_not_there_are_refused(samples):
    with pytest.raises(TypeError, match="txet"):
        insert_columns(Sample, {"id": [uuid.uuid4()]}, txet="x")


def test_columns_refuse_what_their_fields_refuse(samples):
    with pytest.raises(NotExact):
        insert_columns(Sample, {"id": [uuid.uuid4()], "money": [0.1]})


@pytest.mark.parametrize("money", [Decimal("sNaN"), Decimal("NaN"), 1.0, True, Decimal("1e-9")], ids=repr)
def test_a_value_beside_an_equal_good_one_is_refused_all_the_same(samples, money):
    with pytest.raises(NotExact):
        insert_rows(Sample, [Sample(money=Decimal(1)), Sample(money=money)])


@pytest.mark.parametrize(("column", "value"), VALUES, ids=repr)
def test_an_upserted_value_comes_back_new_and_replaced(samples, column, value):
    row = Sample(**{column: value, "at": AT})
    upsert_newer_rows(Sample, [row], newer_by="at")
    assert getattr(samples.get(pk=row.pk), column) == getattr(row, column)
    newer = Sample(pk=row.pk, **{column: value, "at": AT.replace(year=2027)})
    upsert_newer_rows(Sample, [newer], newer_by="at")
    assert getattr(samples.get(pk=row.pk), column) == getattr(newer, column)


def test_an_upsert_replaces_what_is_older_and_counts_it(samples):
    old, same, new = (Sample(text="old", at=AT.replace(second=second)) for second in (1, 2, 3))
    insert_rows(Sample, [old, same, new])
    rows = [Sample(pk=row.pk, text="new", at=AT.replace(second=2)) for row in (old, same, new)]
    assert upsert_newer_rows(Sample, [*rows, Sample(text="new", at=AT)], newer_by="at") == 2
    assert list(samples.order_by("at", "text").values_list("text", flat=True)) == ["new", "new", "old", "old"]


def test_an_upsert_of_many_rows_is_one_statement(samples, django_assert_num_queries):
    with django_assert_num_queries(1):
        upsert_newer_rows(Sample, [Sample(at=AT) for _ in range(2000)], newer_by="at")
    assert samples.count() == 2000


def test_an_upsert_of_nothing_asks_nothing(samples, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert upsert_newer_rows(Sample, [], newer_by="at") == 0


def test_upserting_makes_what_is_new_and_changes_the_named_fields_of_what_is_there(samples):
    stored = samples.create(text="old", count=1)
    stored.text, stored.count = "changed", 2
    upsert_rows(Sample, [stored, Sample(text="new", count=3)], ["count"])
    assert sorted(samples.values_list("text", "count")) == [("new", 3), ("old", 2)]


def test_upserting_by_a_unique_constraint_keeps_the_key_that_is_there(db):
    there = Group.objects.create(name="quants")
    upsert_rows(Group, [Group(name="quants"), Group(name="desk")], ["name"], by=["name"])
    assert Group.objects.get(name="quants").pk == there.pk
    assert Group.objects.filter(name="desk").count() == 1


def test_upserting_nothing_is_no_statement(django_assert_num_queries, samples):
    with django_assert_num_queries(0):
        upsert_rows(Sample, [], ["count"])
