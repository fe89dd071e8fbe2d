"""Reading candles that are stored: their blocks in one statement, as bytes that nothing translates."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from market.candles.blocks import Block, unpack
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import CandleBlock
from market.models.candles import SLOTS

_COLUMNS = ("number", "first_slot", "slots", "count", "data")


def stored_candles(instrument_id: UUID, interval: Interval, *, first: int, end: int) -> CandleSeries:
    """Return the stored candles of an interval whose numbers are from `first` to before `end`: one statement."""
    return unpack(stored_blocks(instrument_id, interval, first=first, end=end), interval, first=first, end=end)


def stored_blocks(instrument_id: UUID, interval: Interval, *, first: int, end: int) -> Iterator[Block]:
    """Yield the blocks that hold candles of these numbers, ascending, as the database hands them out."""
    numbers = range(first // SLOTS, -(-end // SLOTS))
    return (
        blocks_of(instrument_id, interval, number__gte=numbers.start, number__lt=numbers.stop) if numbers else iter(())
    )


def blocks_of(instrument_id: UUID, interval: Interval, **which: Any) -> Iterator[Block]:
    """Yield the blocks of one instrument and interval that a filter names, ascending: one statement."""
    rows = CandleBlock.objects.filter(instrument=instrument_id, interval=interval, **which).order_by("number")
    return (Block(*row) for row in _fetched(rows.values_list(*_COLUMNS)))


def _fetched(rows: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query as the driver gives them: the ORM would have PostgreSQL write bytes as hex text."""
    sql, params = rows.query.sql_with_params()
    with _cursor() as cursor:
        cursor.execute(sql, params)
        yield from cursor


def _cursor() -> CursorWrapper:
    """Return a cursor of Django's connection whose answers are binary; on PostgreSQL its own has texts only."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    wrapper: Any = connection
    driver = wrapper.Database  # psycopg, which nothing imports on SQLite
    binary = driver.Cursor(connection.connection)
    binary.format = driver.pq.Format.BINARY
    return connection.make_debug_cursor(binary) if connection.queries_logged else connection.make_cursor(binary)
