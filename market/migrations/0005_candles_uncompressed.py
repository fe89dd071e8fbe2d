"""PostgreSQL keeps candles as they are: it would try to compress each block, which noise of prices does not let it."""

from django.db import migrations


def keep_as_they_are(apps, schema_editor):
    _store(schema_editor, "EXTERNAL")


def compress(apps, schema_editor):
    _store(schema_editor, "EXTENDED")


def _store(schema_editor, storage):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE market_candleblock ALTER COLUMN data SET STORAGE {storage}")


class Migration(migrations.Migration):

    dependencies = [
        ("market", "0004_instruments_by_market_candles_coins_watchlist"),
    ]

    operations = [migrations.RunPython(keep_as_they_are, compress)]
