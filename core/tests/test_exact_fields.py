"""The exact columns: what goes in comes out on both databases, and what would not is refused."""

from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import transaction
from django.db.models import Case, DecimalField, ExpressionWrapper, F, Max, Sum, Value, When
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exact import LARGEST_SCALED, NotExact, from_scaled
from core.fields import MoneyField, PriceField
from core.tests.conftest import Sample

ONE = Value(Decimal(1), output_field=MoneyField())
AMOUNTS = st.integers(-LARGEST_SCALED, LARGEST_SCALED).map(lambda whole: from_scaled(whole, 8))
SUMMABLE = st.integers(-(10**15), 10**15).map(lambda whole: from_scaled(whole, 8))


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("money", "99999999.99999999"),
        ("money", "92233720368.54775807"),
        ("money", "-92233720368.54775807"),
        ("money", "0.00000001"),
        ("money", "0.1"),
        ("money", "0"),
        ("quantity", "12345678901.23456789"),
        ("price", "922337203.6854775807"),
        ("price", "0.0000000001"),
        ("rate", "0.0000000001"),
        ("rate", "-0.0002"),
    ],
)
def test_a_number_comes_back_as_it_went_in(stored, column, text):
    assert stored(**{column: Decimal(text)}) == Decimal(text)


@pytest.mark.parametrize(("column", "decimals"), [("money", 8), ("quantity", 8), ("price", 10), ("rate", 10)])
def test_a_number_comes_back_with_the_decimals_of_its_column(stored, column, decimals):
    assert stored(**{column: "1"}).as_tuple().exponent == -decimals


@pytest.mark.parametrize("column", ["money", "quantity", "price", "rate"])
def test_nothing_comes_back_as_nothing(stored, column):
    assert stored(**{column: None}) is None


@pytest.mark.slow
def test_a_thousand_random_amounts_come_back_as_they_went_in(samples):
    @settings(max_examples=1000, deadline=None, database=None)
    @given(AMOUNTS)
    def check(amount):
        row = samples.create(money=amount)
        assert samples.filter(pk=row.pk).aggregate(money=Max("money"))["money"] == amount

    check()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("money", "0.000000001"),
        ("quantity", "0.000000001"),
        ("price", "0.00000000001"),
        ("rate", "0.00000000001"),
        ("money", "92233720368.54775808"),
        ("price", "922337203.6854775808"),
        ("money", "NaN"),
        ("money", "Infinity"),
        ("money", "-inf"),
        ("money", 0.1),
        ("money", True),
        ("money", "ten"),
    ],
)
def test_what_a_column_cannot_hold_exactly_is_refused_and_not_stored(samples, column, value):
    with pytest.raises(NotExact), transaction.atomic():
        samples.create(**{column: value})
    assert not samples.exists()


@pytest.mark.parametrize("value", [0.1, "NaN", "0.000000001", "92233720368.54775808", "ten"])
def test_cleaning_a_form_or_a_model_refuses_it_as_a_validation_error(value):
    with pytest.raises(ValidationError):
        MoneyField().to_python(value)


def test_sums_are_exact(samples):
    # ten times 0.1 is 1, which floats miss; 92,233,720,368.54775806 needs 19 digits
    samples.bulk_create([Sample(money=Decimal("0.1")) for _ in range(10)])
    samples.create(money=Decimal("92233720367.54775806"))
    assert samples.aggregate(total=Sum("money"))["total"] == Decimal("92233720368.54775806")


@pytest.mark.slow
def test_sums_of_random_amounts_are_exact(samples):
    @settings(max_examples=50, deadline=None, database=None)
    @given(st.lists(SUMMABLE, min_size=1, max_size=20))
    def check(amounts):
        samples.all().delete()
        samples.bulk_create([Sample(money=amount) for amount in amounts])
        assert samples.aggregate(total=Sum("money"))["total"] == sum(amounts)

    check()


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (F("money") + ONE, "11"),
        (F("money") - ONE, "9"),
        (ONE - F("money"), "-9"),
        (F("money") + F("limit"), "15"),
        (Case(When(money__gt=3, then=F("limit")), default=F("money")), "5"),
    ],
    ids=str,
)
def test_arithmetic_of_one_scale_is_exact(samples, change, after):
    row = samples.create(money=10, limit=5)
    samples.update(money=change)
    row.refresh_from_db()
    assert row.money == Decimal(after)


MIXED = [
    F("money") + F("quantity"),
    F("money") + Decimal(1),
    F("money") + 1,
    F("money") * 2,
    -F("money"),
    F("money") + F("price"),
    F("price"),
    F("count"),
    Value(Decimal(5)),
    Value(5),
    Value(Decimal(5), output_field=DecimalField()),
    ExpressionWrapper(F("money") + Decimal(1), output_field=MoneyField()),
    Case(When(money__gt=3, then=Decimal(1)), default=F("money")),
]


@pytest.mark.parametrize("change", MIXED, ids=str)
def test_a_change_that_mixes_scales_is_refused(samples, change):
    row = samples.create(money=10, quantity=2, price=5, count=2)
    with pytest.raises(FieldError), transaction.atomic():
        samples.update(money=change)
    row.refresh_from_db()
    assert row.money == 10


@pytest.mark.parametrize("change", MIXED, ids=str)
def test_saving_a_row_with_a_change_that_mixes_scales_is_refused(samples, change):
    row = samples.create(money=10, quantity=2, price=5, count=2)
    row.money = change
    with pytest.raises(FieldError), transaction.atomic():
        row.save()
    assert samples.get().money == 10


@pytest.mark.parametrize("bound", MIXED, ids=str)
def test_a_comparison_that_mixes_scales_is_refused(samples, bound):
    with pytest.raises(FieldError):
        samples.filter(money__lte=bound).exists()


def test_an_unmixed_case_with_a_bare_decimal_is_refused_when_it_is_read(samples):
    samples.create(money=10)
    with pytest.raises(FieldError):
        samples.annotate(more=F("money") + Decimal(1)).get()


@pytest.mark.parametrize(
    ("lookup", "bound", "found"),
    [
        ("money", Decimal("0.3"), 1),
        ("money", "0.30", 1),
        ("money", ONE - Value(Decimal("0.7"), output_field=MoneyField()), 1),
        ("money__gt", Decimal("0.29999999"), 1),
        ("money__lt", Decimal("0.30000001"), 1),
        ("money__gte", F("limit"), 0),
        ("money__lt", F("limit") + ONE, 1),
        ("money__in", [Decimal("0.3"), Decimal(7)], 1),
        ("money__in", [F("limit")], 0),
        ("money__in", [Decimal("0.3"), F("limit")], 1),
        ("money__range", (Decimal("0.29"), Decimal("0.31")), 1),
        ("money__range", (Decimal("0.31"), F("limit")), 0),
        ("money__gt", 0, 1),
        ("money__gt", 1, 0),
    ],
)
def test_comparisons_are_exact(samples, lookup, bound, found):
    # 0.1 + 0.2 is 0.3, which floats miss
    samples.create(money=Decimal("0.1") + Decimal("0.2"), limit=Decimal("0.5"))
    assert samples.filter(**{lookup: bound}).count() == found


@pytest.mark.parametrize("bound", [0.3, "0.000000001", "NaN"])
def test_a_comparison_with_what_is_not_exact_is_refused(samples, bound):
    with pytest.raises(NotExact):
        samples.filter(money__gt=bound).exists()


def test_a_subquery_of_another_scale_is_refused(samples):
    with pytest.raises(FieldError):
        samples.filter(money__in=samples.values("price")).exists()


def test_a_subquery_of_the_same_scale_is_taken(samples):
    samples.create(money=3, limit=3)
    assert samples.filter(money__in=samples.values("limit")).count() == 1


def test_djangos_own_bulk_update_keeps_every_digit(samples):
    row = samples.create(money=1)
    row.money = Decimal("92233720368.54775807")
    samples.bulk_update([row], ["money"])
    assert samples.get().money == Decimal("92233720368.54775807")


def test_rows_are_ordered_by_value_and_not_by_text(samples):
    samples.bulk_create([Sample(price=price) for price in ("10", "9", "-1", "0.5")])
    assert list(samples.order_by("price").values_list("price", flat=True)) == [-1, Decimal("0.5"), 9, 10]


def test_a_form_field_asks_for_what_the_column_can_hold():
    field = PriceField().formfield()
    assert (field.max_digits, field.decimal_places) == (19, 10)
