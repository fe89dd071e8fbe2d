"""SQLite drops a table's triggers when a migration remakes it: the desk notices, and puts them back."""

import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, connection, models

from accounts.models import Transfer
from core import triggers

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL alters a table in place"),
    pytest.mark.django_db(transaction=True),
]

ON_SQLITE = ["accounts_transfer_no_delete", "accounts_transfer_no_update", "accounts_transfer_rules"]


def alter_reference(max_length):
    """Do what an AlterField migration does."""
    field = models.CharField(max_length=max_length)
    field.set_attributes_from_name("reference")
    field.model = Transfer
    with connection.schema_editor() as editor:
        editor.alter_field(Transfer, Transfer._meta.get_field("reference"), field)


@pytest.fixture
def _remade():
    alter_reference(120)
    yield
    alter_reference(100)


@pytest.mark.usefixtures("_remade")
def test_a_remade_table_has_lost_its_triggers_and_the_desk_says_so(anonymous):
    assert triggers.missing() == ON_SQLITE
    assert anonymous.get("/health").status_code == 503


@pytest.mark.usefixtures("_remade")
def test_the_end_of_the_migration_puts_them_back(anonymous):
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert triggers.missing() == []
    assert anonymous.get("/health").status_code == 200


@pytest.mark.usefixtures("_remade")
def test_and_then_the_ledger_is_closed_again(tom, account_of):
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    account_of(tom)
    with pytest.raises(DatabaseError):
        Transfer._base_manager.update(amount=1)
    assert Transfer.objects.get().amount == 10000
