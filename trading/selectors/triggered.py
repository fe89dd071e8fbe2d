"""Which orders and positions a batch of prices meets, in one statement that touches these and no others."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q

from core.bulk import rows_source
from core.fields import PriceField
from market.models import Instrument
from market.ranges import PriceRange
from trading.models import Order, OrderSide, Position, PositionSide

# The most that one statement returns of a kind and an instrument; who asks asks again for the others.
MOST_HITS = 1000


@dataclass(frozen=True, slots=True)
class Hit:
    """An order or a position that the market has come to."""

    is_order: bool
    row_id: UUID
    account_id: UUID


def _named(field: models.Field, name: str) -> models.Field:
    field.set_attributes_from_name(name)
    return field


_FIELDS = [
    _named(models.UUIDField(), "instrument_id"),
    *(_named(PriceField(), name) for name in ("low_bid", "low_ask", "high_bid", "high_ask")),
    _named(models.DateTimeField(), "opened_at"),
]
# Model and side, which column waits, and for which price of the batch: sells and longs are bid, the others are asked.
_ARMS: tuple[tuple[type[models.Model], str, str, str], ...] = (
    (Order, OrderSide.BUY, "falls_to", "low_ask"),
    (Order, OrderSide.SELL, "falls_to", "low_bid"),
    (Order, OrderSide.BUY, "rises_to", "high_ask"),
    (Order, OrderSide.SELL, "rises_to", "high_bid"),
    (Position, PositionSide.SHORT, "falls_to", "low_ask"),
    (Position, PositionSide.LONG, "falls_to", "low_bid"),
    (Position, PositionSide.SHORT, "rises_to", "high_ask"),
    (Position, PositionSide.LONG, "rises_to", "high_bid"),
)


def triggered(ranges: Sequence[PriceRange], *, passing_over: Collection[UUID] = ()) -> list[Hit]:
    """Return what these prices meet, but for rows seen before. Indexes are read from the price on, not the book.

    What was armed after a range began is not met by it: the next one may.
    """
    values = [
        [row.instrument.id for row in ranges],
        *([getattr(row, field.attname) for row in ranges] for field in _FIELDS[1:]),
    ]
    source, params = rows_source(_FIELDS, values, connection)
    seen = [_as_kept(row_id) for row_id in passing_over]
    arms = " UNION ALL ".join(_arm(*arm, source=source, passing_over=bool(seen)) for arm in _ARMS)
    of_arms = [value for arm in _ARMS for value in (*params, arm[1], *([_as_list(seen)] if seen else []))]
    with connection.cursor() as cursor:
        cursor.execute(arms, of_arms)
        return [Hit(bool(is_order), _uuid(row_id), _uuid(account_id)) for is_order, row_id, account_id in cursor]


def instruments_in_play() -> models.QuerySet[Instrument, tuple[UUID]]:
    """Return the ids of the instruments whose prices something waits for: an order at work, or a position."""
    waits = Q(falls_to__isnull=False) | Q(rises_to__isnull=False)
    orders = Order.objects.filter(waits, instrument=OuterRef("pk"))
    positions = Position.objects.filter(waits, instrument=OuterRef("pk"))
    return Instrument.objects.filter(Exists(orders) | Exists(positions)).values_list("pk")


def _arm(model: type[models.Model], side: str, column: str, price: str, *, source: str, passing_over: bool) -> str:
    """Return the statement of one way to be met. PostgreSQL reads the index in order and stops at the most it wants;

    SQLite has no such subquery; it takes the tables in the order of a CROSS JOIN, and the index that it is told. Each
    arm has a source of its own: one that they shared took SQLite a hundred times as long.
    """
    further = ">=" if column == "falls_to" else "<="
    met = f"t.instrument_id = q.instrument_id AND t.side = %s AND t.{column} {further} q.{price}"
    met += " AND t.armed_at <= q.opened_at"
    prices, table, is_order = f"(SELECT * FROM {source}) q", model._meta.db_table, int(model is Order)  # noqa: S608
    if connection.vendor == "sqlite":
        new = " AND t.id NOT IN (SELECT value FROM json_each(%s))" if passing_over else ""
        by = f"{table} t INDEXED BY {model._meta.model_name}_{column}"
        return f"SELECT {is_order}, t.id, t.account_id FROM {prices} CROSS JOIN {by} WHERE {met}{new}"  # noqa: S608
    new = " AND t.id <> ALL(%s::uuid[])" if passing_over else ""
    order = f"ORDER BY t.{column} {'DESC' if column == 'falls_to' else 'ASC'} LIMIT {MOST_HITS}"
    rows = f"SELECT t.id, t.account_id FROM {table} t WHERE {met}{new} {order}"  # noqa: S608
    return f"SELECT {is_order}, h.id, h.account_id FROM {prices} CROSS JOIN LATERAL ({rows}) h"  # noqa: S608


def _as_kept(row_id: UUID) -> str:
    return row_id.hex if connection.vendor == "sqlite" else str(row_id)


def _as_list(ids: list[str]) -> str | list[str]:
    return json.dumps(ids) if connection.vendor == "sqlite" else ids


def _uuid(kept: UUID | str) -> UUID:
    return kept if isinstance(kept, UUID) else UUID(hex=kept)
