"""SQLite whose transactions wait their turn: first come, first served, among the threads of one process.

A writer that finds SQLite locked sleeps and tries again, and so do all the others: of many threads the unlucky wait
for seconds. Here a transaction takes its turn before BEGIN. Between processes SQLite's own lock decides, as ever.
"""

from collections import defaultdict
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from core.sqlite.turns import Turns

DEFAULT_SECONDS = 5.0

_turns: dict[str, Turns] = defaultdict(Turns)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with turns. A commit that fails keeps its turn: the transaction is still open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: Turns | None = None

    def _start_transaction_under_autocommit(self) -> None:
        turns = _turns[str(self.settings_dict["NAME"])]
        if not turns.take(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_SECONDS)):
            raise OperationalError("database is locked: no turn came for this transaction")
        self._turn = turns
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.give_back()
