"""Writing candles: laid on those that are stored, block by block; of two writers at once neither loses anything."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from market.candles.blocks import Block, Laid, lay, pack
from market.candles.series import CandleSeries
from market.models import CandleBlock, Instrument

# Blocks of one transaction: two months of minutes, 3.7 MB.
CHUNK = 64

Key = tuple[UUID, str, int]
Layer = Callable[[Block, Block], Laid]
_KEY = ("instrument_id", "interval", "number")
_PACKED = ("first_slot", "slots", "count", "data", "updated_at")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of candles: new ones, ones that had other figures before, and ones that were there as they are."""

    added: int
    replaced: int
    unchanged: int

    def and_also(self, other: "Stored") -> "Stored":
        return Stored(self.added + other.added, self.replaced + other.replaced, self.unchanged + other.unchanged)


def store_candles(instrument: Instrument, series: CandleSeries, *, now: datetime) -> Stored:
    """Store closed candles; where one is stored already, the new one takes its place.

    Each CHUNK of blocks is a transaction of its own and two or three statements, whatever it holds.
    Raises ValueError for a series that does not ascend or opens between two openings.
    """
    return _store([(instrument, series)], now=now, layer=lay)


def add_candles(told: Iterable[tuple[Instrument, CandleSeries]], *, now: datetime) -> Stored:
    """Store closed candles where there is none, one series an instrument; those that are stored stay as they are.

    Three statements at most for CHUNK instruments.
    """
    return _store(told, now=now, layer=_lay_under)


def _store(told: Iterable[tuple[Instrument, CandleSeries]], *, now: datetime, layer: Layer) -> Stored:
    packed: dict[Key, Block] = {}
    for instrument, series in told:
        packed |= {(instrument.id, series.interval.value, block.number): block for block in pack(series)}
    total = sum(block.count for block in packed.values())
    added = replaced = 0
    keys = sorted(packed)
    for start in range(0, len(keys), CHUNK):
        laid = _store_chunk({key: packed[key] for key in keys[start : start + CHUNK]}, now=now, layer=layer)
        added += sum(each.added for each in laid)
        replaced += sum(each.replaced for each in laid)
    return Stored(added, replaced, total - added - replaced)


@transaction.atomic
def _store_chunk(packed: dict[Key, Block], *, now: datetime, layer: Layer) -> list[Laid]:
    """Insert the blocks that are new, then lay the others on theirs, which are locked in the order of their keys.

    An insert waits for another writer of the same block and then leaves it alone; only after all of them are rows
    locked, so two writers never wait for each other in a circle.
    """
    inserted = _insert(packed, now=now)
    laid = [Laid(packed[key], packed[key].count, 0) for key in inserted]
    kept = _locked([key for key in packed if key not in inserted])
    relaid = {key: layer(packed[key], block) for key, block in kept.items()}
    changed = {key: each.block for key, each in relaid.items() if each.added or each.replaced}
    if changed:
        _write(changed, now=now, conflict=f"UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _PACKED)}")
    return laid + list(relaid.values())


def _lay_under(below: Block, above: Block) -> Laid:
    laid = lay(above, below)
    return Laid(laid.block, laid.block.count - above.count, 0)


def _insert(packed: dict[Key, Block], *, now: datetime) -> set[Key]:
    """Insert the blocks whose keys no row has, and return these keys."""
    rows = _write(packed, now=now, conflict="NOTHING", returning=f" RETURNING {', '.join(_KEY)}")
    return {(_uuid(row[0]), row[1], row[2]) for row in rows}


def _locked(keys: Sequence[Key]) -> dict[Key, Block]:
    """Return the stored blocks of these keys, their rows locked until the transaction ends."""
    if not keys:
        return {}
    instruments, intervals, numbers = (set(column) for column in zip(*keys, strict=True))
    rows = (
        CandleBlock.objects.select_for_update()
        .filter(instrument__in=instruments, interval__in=intervals, number__in=numbers)
        .order_by(*_KEY)
        .values_list(*_KEY, "first_slot", "slots", "count", "data")
    )
    wanted = set(keys)
    found = {row[:3]: Block(row[2], row[3], row[4], row[5], bytes(row[6])) for row in rows}
    return {key: block for key, block in found.items() if key in wanted}


def _write(packed: dict[Key, Block], *, now: datetime, conflict: str, returning: str = "") -> list[Any]:
    """Insert rows in one statement, in the order of their keys; `conflict` says what becomes of a row that is there."""
    fields: list[Any] = [
        CandleBlock._meta.get_field(name) for name in (*(name.removesuffix("_id") for name in _KEY), *_PACKED)
    ]
    values = [
        (*key, block.first_slot, block.slots, block.count, block.data, now) for key, block in sorted(packed.items())
    ]
    row = f"({', '.join(['%s'] * len(fields))})"
    names = ", ".join(field.column for field in fields)
    sql = (
        f"INSERT INTO {CandleBlock._meta.db_table} ({names}) VALUES {', '.join([row] * len(values))}"  # noqa: S608 - names of ours
        f" ON CONFLICT ({', '.join(_KEY)}) DO {conflict}{returning}"
    )
    told = [
        field.get_db_prep_save(value, connection) for each in values for field, value in zip(fields, each, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        return cursor.fetchall() if returning else []


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
