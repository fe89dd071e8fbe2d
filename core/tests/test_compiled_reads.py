"""A compiled read answers what its queryset does, and is compiled once for each shape of its arguments."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, models, transaction
from django.db.models import Q
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from core.compiled_reads import compiled_read
from core.tests.conftest import Sample

AT = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
KEYS = [uuid.UUID(int=number) for number in range(1, 4)]


class Kind(models.TextChoices):
    ONE = "one"


@compiled_read
def of_ids(ids):
    return Sample._default_manager.filter(pk__in=ids).order_by("pk")


@compiled_read
def of_text(text, since):
    return Sample._default_manager.filter(Q(text=text) | Q(text=Kind.ONE), at__gte=since, flag=True).order_by("text")


@pytest.fixture
def three(samples):
    for key in KEYS:
        samples.create(id=key, text=f"t{key.int}", money=Decimal("0.1"), flag=True, at=AT, data={"a": [1]})


def test_every_call_has_its_own_values(three):
    assert [[row.pk for row in of_ids([key])] for key in KEYS] == [[key] for key in KEYS]


def test_rows_are_those_of_the_model(three):
    [row] = of_ids([KEYS[0]])
    assert (row.money, row.at, row.data, row._state.adding) == (Decimal("0.1"), AT, {"a": [1]}, False)


def test_lists_may_be_of_any_length(three):
    assert [len(of_ids(KEYS[:many])) for many in range(4)] == [0, 1, 2, 3]


def test_what_the_function_compares_with_of_its_own_stays(three, samples):
    samples.create(text="one", flag=True, at=AT)
    assert [row.text for row in of_text("t2", AT)] == ["one", "t2"]


def test_a_value_that_nothing_has_finds_nothing(three):
    assert of_text("t2", AT.replace(year=2027)) == []


def test_values_come_as_the_queryset_gives_them(three):
    tuples = compiled_read(lambda ids: Sample._default_manager.filter(pk__in=ids).values_list("text", "money"))
    assert tuples([KEYS[1]]) == [("t2", Decimal("0.1"))]


def test_it_is_built_once_for_each_shape(samples):
    built = []
    read = compiled_read(lambda ids: built.append(len(ids)) or Sample._default_manager.filter(pk__in=ids))
    assert [read(KEYS[:1]), read(KEYS[1:2]), read(KEYS[:2]), read(KEYS)] == [[], [], [], []]
    assert built == ([1] if connection.vendor == "postgresql" else [1, 2, 3])


def test_lists_beside_others_and_negated_find_what_the_queryset_finds(three, samples):
    for number in range(4, 9):
        samples.create(id=uuid.UUID(int=number), text=f"t{number % 2}", flag=True, at=AT)

    def build(ids, texts, others):
        apart = Sample._default_manager.filter(Q(pk__in=ids) | Q(text__in=texts), text__in=["t0", "t1", "t3", '"}{,'])
        return apart.exclude(pk__in=others).order_by("pk")

    every = [KEYS, [uuid.UUID(int=5)], [uuid.UUID(int=number) for number in range(2, 9)], []]
    for ids in every:
        for texts in (["t0"], ["t1", "t0", '"}{,'], [], ["NULL"]):
            for others in every:
                assert compiled_read(build)(ids, texts, others) == list(build(ids, texts, others))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="an array is PostgreSQL's")
def test_a_list_is_one_parameter(three):
    with CaptureQueriesContext(connection) as asked:
        assert len(of_ids(KEYS)) == len(of_ids([*KEYS, *KEYS])) == 3
    assert all(" = ANY ('{" in each["sql"] for each in asked.captured_queries)


def test_the_database_is_asked_each_time(samples, django_assert_num_queries):
    of_ids([KEYS[0]])
    samples.create(id=KEYS[0], text="new")
    with django_assert_num_queries(1):
        assert [row.text for row in of_ids([KEYS[0]])] == ["new"]


def test_an_argument_of_another_kind_is_part_of_the_shape(three):
    read = compiled_read(lambda ids, last: Sample._default_manager.filter(pk__in=ids).order_by("-pk" if last else "pk"))
    assert [read(KEYS, last)[0].pk for last in (True, False, True)] == [KEYS[2], KEYS[0], KEYS[2]]


def test_an_argument_that_is_not_compared_as_it_is_is_refused(samples):
    with pytest.raises(TypeError, match="as it is"):
        compiled_read(lambda text: Sample._default_manager.filter(text__contains=text))("t")


def test_a_list_of_mixed_kinds_is_refused(samples):
    with pytest.raises(TypeError, match="list of"):
        of_ids([KEYS[0], "x"])


def test_arguments_by_name_are_refused(samples):
    with pytest.raises(TypeError, match="by position"):
        of_ids(ids=KEYS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
def test_rows_are_locked_only_inside_a_transaction(samples):
    locked = compiled_read(lambda ids: Sample._default_manager.filter(pk__in=ids).select_for_update())
    with transaction.atomic():
        assert locked(KEYS) == []
    with pytest.raises(TransactionManagementError):
        locked(KEYS)
