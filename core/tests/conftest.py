"""A table of the tests' own, with every kind of column that the desk's tables have."""

import uuid

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.test.utils import isolate_apps

from core.fields import MoneyField, PriceField, QuantityField, RateField

with isolate_apps("core"):

    class Sample(models.Model):
        """One row of anything."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        money = MoneyField(null=True)
        limit = MoneyField(null=True)
        quantity = QuantityField(null=True)
        price = PriceField(null=True)
        rate = RateField(null=True)
        count = models.BigIntegerField(null=True)
        text = models.CharField(max_length=40, null=True)
        flag = models.BooleanField(null=True)
        at = models.DateTimeField(null=True)
        data = models.JSONField(null=True, encoder=DjangoJSONEncoder)
        stamped_at = models.DateTimeField(auto_now_add=True)

        class Meta:
            app_label = "core"


@pytest.fixture(scope="session")
def _sample_table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Sample)


@pytest.fixture
def samples(_sample_table, db):
    """The manager of the table of samples."""
    return Sample.objects


@pytest.fixture
def stored(samples):
    """Store a value in a column and return what the database gives back: `stored(money=…)`."""

    def store(**columns):
        row = samples.create(**columns)
        return samples.values_list(*columns).get(pk=row.pk)[0]

    return store
