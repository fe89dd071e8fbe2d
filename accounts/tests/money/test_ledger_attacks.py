"""The ledger cannot be changed: not through Django, not past it, on neither database."""

import uuid
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from accounts.models import Transfer
from accounts.models.transfers import LedgerIsAppendOnly
from core.bulk import insert_rows, update_rows

TABLE = "accounts_transfer"
COLUMNS = [field.column for field in Transfer._meta.concrete_fields]
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="words of SQLite")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="words of PostgreSQL")


def ledger():
    return list(Transfer._base_manager.order_by("account", "number").values_list())


def first():
    return Transfer.objects.get(number=1)


def changed(**values):
    """The first row as an instance that was changed in memory."""
    row = first()
    for name, value in values.items():
        setattr(row, name, value)
    return row


def twin(**values):
    """A new instance with every column of the first row but those named."""
    columns = {field.attname: getattr(first(), field.attname) for field in Transfer._meta.concrete_fields}
    return Transfer(**columns | values)


THROUGH_DJANGO = {
    "save a changed row": lambda: changed(amount=1).save(),
    "save some columns": lambda: changed(amount=1).save(update_fields=["amount"]),
    "force an update": lambda: changed(amount=1).save(force_update=True),
    "save an unchanged row": lambda: first().save(),
    "save a twin": lambda: twin(amount=1).save(),
    "force an update with a twin": lambda: twin(amount=1).save(force_update=True),
    "update": lambda: Transfer.objects.update(amount=1),
    "update one": lambda: Transfer.objects.filter(number=1).update(reference="x"),
    "update or create": lambda: Transfer.objects.update_or_create(number=1, defaults={"amount": 1}),
    "delete": lambda: Transfer.objects.all().delete(),
    "delete one": lambda: first().delete(),
    "delete through the account": lambda: first().account.transfers.all().delete(),
    "update through the account": lambda: first().account.transfers.update(amount=1),
    "delete the account": lambda: first().account.delete(keep_parents=True),
    "bulk update": lambda: Transfer.objects.bulk_update([changed(amount=1)], ["amount"]),
    "bulk create ignoring": lambda: Transfer.objects.bulk_create([twin(amount=1)], ignore_conflicts=True),
    "bulk create ignoring, by position": lambda: Transfer.objects.bulk_create([twin(amount=1)], None, True),
    "bulk create updating": lambda: Transfer.objects.bulk_create(
        [twin(amount=1)], update_conflicts=True, update_fields=["amount"], unique_fields=["id"]
    ),
    "bulk create a twin": lambda: Transfer.objects.bulk_create([twin(amount=1)]),
    "base manager: update": lambda: Transfer._base_manager.update(amount=1),
    "base manager: delete": lambda: Transfer._base_manager.all().delete(),
    "base manager: raw delete": lambda: Transfer._base_manager.all()._raw_delete("default"),
    "base manager: bulk update": lambda: Transfer._base_manager.bulk_update([changed(amount=1)], ["amount"]),
    "base manager: bulk create updating": lambda: Transfer._base_manager.bulk_create(
        [twin(amount=1)], update_conflicts=True, update_fields=["amount"], unique_fields=["id"]
    ),
    "base manager: bulk create updating by reference": lambda: Transfer._base_manager.bulk_create(
        [twin(id=uuid.uuid4(), number=9, amount=1)],
        update_conflicts=True,
        update_fields=["amount"],
        unique_fields=["account", "kind", "reference"],
    ),
    "our own update of many": lambda: update_rows(Transfer, [changed(amount=1)], ["amount"]),
    "our own insert of many": lambda: insert_rows(Transfer, [twin(amount=1)]),
}


@pytest.mark.parametrize("attack", THROUGH_DJANGO.values(), ids=THROUGH_DJANGO.keys())
def test_django_cannot_change_the_ledger(account, attack):
    before = ledger()
    with pytest.raises((LedgerIsAppendOnly, DatabaseError, ProtectedError)), transaction.atomic():
        attack()
    assert ledger() == before


@pytest.mark.parametrize(
    "attack",
    [
        lambda: changed(amount=1).save(),
        lambda: first().delete(),
        lambda: Transfer.objects.update(amount=1),
        lambda: Transfer.objects.all().delete(),
    ],
)
def test_what_code_tries_by_mistake_is_refused_in_clear_words(account, attack):
    with pytest.raises(LedgerIsAppendOnly, match=r"never (changed|deleted)"):
        attack()


def test_ignoring_a_conflict_past_our_own_manager_changes_nothing(account):
    # PostgreSQL skips the row, SQLite refuses the statement
    before = ledger()
    with pytest.raises(DatabaseError) if connection.vendor == "sqlite" else transaction.atomic():
        Transfer._base_manager.bulk_create([twin(amount=1)], ignore_conflicts=True)
    assert connection.vendor == "sqlite" or ledger() == before


def run(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def insert(verb="INSERT INTO", suffix="", **values):
    """Insert a copy of the first row: `values` are SQL for the columns that differ."""
    picks = ", ".join(values.get(column, f"t.{column}") for column in COLUMNS)
    return f"{verb} {TABLE} ({', '.join(COLUMNS)}) SELECT {picks} FROM {TABLE} t WHERE t.number = 1 {suffix}"


NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}[connection.vendor]
NEW = {"id": NEW_ID, "number": "99", "reference": "'new'"}
BY_REFERENCE = "(account_id, kind, reference)"
BY_NUMBER = "(account_id, number)"

WITH_SQL = {
    "UPDATE": f"UPDATE {TABLE} SET amount = 1",
    "UPDATE one": f"UPDATE {TABLE} SET reference = 'x' WHERE number = 1",
    "UPDATE of nothing new": f"UPDATE {TABLE} SET amount = amount",
    "DELETE": f"DELETE FROM {TABLE}",
    "DELETE one": f"DELETE FROM {TABLE} WHERE number = 1",
    "DELETE all by a condition": f"DELETE FROM {TABLE} WHERE 1 = 1",
    "INSERT a twin": insert(),
    "INSERT a used number": insert(id=NEW_ID, reference="'new'"),
    "INSERT a used reference": insert(id=NEW_ID, number="99"),
    "INSERT zero": insert(**NEW, amount="0"),
    "INSERT less than zero": insert(**NEW, amount="-1"),
    "INSERT from cash to cash": insert(**NEW, credit="'cash'"),
    "INSERT past cash": insert(**NEW, debit="'pnl'"),
    "UPSERT by id": insert(suffix="ON CONFLICT (id) DO UPDATE SET amount = 1"),
    "UPSERT by reference": insert(
        suffix=f"ON CONFLICT {BY_REFERENCE} DO UPDATE SET amount = 1", id=NEW_ID, number="99"
    ),
    "UPSERT by number": insert(
        suffix=f"ON CONFLICT {BY_NUMBER} DO UPDATE SET amount = 1", id=NEW_ID, reference="'new'"
    ),
}


@pytest.mark.parametrize("sql", WITH_SQL.values(), ids=WITH_SQL.keys())
def test_sql_cannot_change_the_ledger(account, sql):
    before = ledger()
    with pytest.raises(DatabaseError):
        run(sql)
    assert ledger() == before


def with_rowid(verb):
    """Insert a new row under the hidden rowid of the first: REPLACE would take that one away, without a trigger."""
    return insert(verb, **NEW).replace(f"{TABLE} (", f"{TABLE} (rowid, ").replace("SELECT ", "SELECT t.rowid, ", 1)


WITH_SQLITE = {
    "REPLACE by id": insert("REPLACE INTO", amount="1"),
    "OR REPLACE by id": insert("INSERT OR REPLACE INTO", amount="1"),
    "OR REPLACE by id alone": insert("INSERT OR REPLACE INTO", **{**NEW, "id": "t.id"}),
    "OR REPLACE by number": insert("INSERT OR REPLACE INTO", id=NEW_ID, reference="'new'"),
    "OR REPLACE by reference": insert("INSERT OR REPLACE INTO", id=NEW_ID, number="99"),
    "OR REPLACE by rowid": with_rowid("INSERT OR REPLACE INTO"),
    "OR IGNORE zero": insert("INSERT OR IGNORE INTO", **NEW, amount="0"),
    "OR IGNORE less than zero": insert("INSERT OR IGNORE INTO", **NEW, amount="-1"),
    "OR IGNORE from cash to cash": insert("INSERT OR IGNORE INTO", **NEW, credit="'cash'"),
    "OR IGNORE past cash": insert("INSERT OR IGNORE INTO", **NEW, debit="'pnl'"),
    "OR IGNORE a twin": insert("INSERT OR IGNORE INTO"),
    "OR FAIL a twin": insert("INSERT OR FAIL INTO"),
    "UPDATE OR IGNORE": f"UPDATE OR IGNORE {TABLE} SET amount = 1",
    "UPDATE OR REPLACE": f"UPDATE OR REPLACE {TABLE} SET number = 2 WHERE number = 1",
}


@on_sqlite
@pytest.mark.parametrize("sql", WITH_SQLITE.values(), ids=WITH_SQLITE.keys())
def test_sqlites_own_words_cannot_change_the_ledger(account, sql):
    before = ledger()
    with pytest.raises(DatabaseError):
        run(sql)
    assert ledger() == before


@on_sqlite
@pytest.mark.parametrize("pragma", ["ignore_check_constraints", "recursive_triggers"])
@pytest.mark.parametrize("setting", ["ON", "OFF"])
@pytest.mark.parametrize("sql", [insert(**NEW, amount="0"), insert("INSERT OR REPLACE INTO", amount="1")])
def test_no_setting_of_sqlite_opens_the_ledger(account, pragma, setting, sql):
    before = ledger()
    with with_setting(pragma, setting), pytest.raises(DatabaseError):
        run(sql)
    assert ledger() == before


@contextmanager
def with_setting(pragma, setting):
    with connection.cursor() as cursor:
        was = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
        cursor.execute(f"PRAGMA {pragma} = {setting}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA {pragma} = {was}")


MERGE = f"MERGE INTO {TABLE} t USING {TABLE} s ON s.id = t.id WHEN MATCHED THEN"
WITH_POSTGRESQL = {
    "TRUNCATE": f"TRUNCATE {TABLE}",
    "TRUNCATE the accounts and what hangs on them": "TRUNCATE accounts_tradingaccount CASCADE",
    "MERGE that updates": f"{MERGE} UPDATE SET amount = 1",
    "MERGE that deletes": f"{MERGE} DELETE",
    "DELETE inside a SELECT": f"WITH gone AS (DELETE FROM {TABLE} RETURNING id) SELECT count(*) FROM gone",
    "UPDATE inside a SELECT": f"WITH new AS (UPDATE {TABLE} SET amount = 1 RETURNING id) SELECT count(*) FROM new",
}


@on_postgresql
@pytest.mark.parametrize("sql", WITH_POSTGRESQL.values(), ids=WITH_POSTGRESQL.keys())
def test_postgresqls_own_words_cannot_change_the_ledger(account, sql):
    before = ledger()
    run("SET CONSTRAINTS ALL IMMEDIATE")  # else it is the rows of this transaction that keep TRUNCATE away
    with pytest.raises(DatabaseError, match="never changed or deleted"):
        run(sql)
    assert ledger() == before


def test_a_new_row_can_still_be_written(account):
    run(insert(**NEW))
    assert Transfer.objects.count() == 4
