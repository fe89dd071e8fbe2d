"""The two floors of the main job: everything that the road writes, and the least that a trade is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from accounts.models import TradingAccount, Transfer
from config.bench.recording import Change, Commit
from trading.models import Fill, Order, Position, Signal

_LEAST = {f'"{model._meta.db_table}"' for model in (Order, Fill, Transfer, TradingAccount)}
_NAMED_BY_THEM = {f'"{model._meta.db_table}"' for model in (Signal, Position)}


def least(commits: Sequence[Commit]) -> Commit:
    """Return orders, fills, ledger and balances alone, as one commit."""
    return _merged(change for commit in commits for change in commit if change.table in _LEAST)


def named_by_the_least(commits: Sequence[Commit]) -> Commit:
    """Return the rows that orders and fills point at: there before the clock starts."""
    inserted = (change for commit in commits for change in commit if change.key is None)
    return _merged(change for change in inserted if change.table in _NAMED_BY_THEM)


def _merged(changes: Iterable[Change]) -> Commit:
    """Return one change a table and kind, with the rows of all."""
    found: dict[tuple[str, tuple[str, ...], str | None], Change] = {}
    for change in changes:
        kind = (change.table, change.columns, change.key)
        before = found.get(kind)
        found[kind] = replace(change, rows=[*before.rows, *change.rows]) if before else change
    return list(found.values())
