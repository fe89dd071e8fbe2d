"""One market order over the API, and the statements it made sent again by the bare driver, for another account.

The driver by itself has the server prepare what it is sent often. Django lets no driver do that, for poolers between
them, so the driver is measured both ways.
"""

import gc
import re
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TradingAccount, User
from accounts.services.sessions import Device, open_session
from config import garbage
from config.bench.desks import SYMBOL, make_owner, open_accounts

ROUNDS = 40
WARM = 5
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as Django sent it, and whether that was inside a transaction."""

    sql: str
    params: Any
    in_transaction: bool


def measure() -> dict[str, float]:
    """Return medians of interleaved rounds: milliseconds over the API and by hand (PostgreSQL), and the statements."""
    garbage.settle()
    owner = make_owner()
    api = _client(owner)
    first, *accounts = open_accounts(owner, 1 + 3 * ROUNDS)
    recorded = record(lambda: place(api, first))
    took: dict[str, list[float]] = {"milliseconds": [], "by_hand": [], "by_hand_unprepared": []}
    with _bare() as bare, _bare(prepare_threshold=None) as unprepared:
        for account, *twins in zip(accounts[::3], accounts[1::3], accounts[2::3], strict=True):
            took["milliseconds"].append(_milliseconds(partial(place, api, account)))
            for name, hand, twin in zip(("by_hand", "by_hand_unprepared"), (bare, unprepared), twins, strict=True):
                if hand is not None:
                    took[name].append(_milliseconds(partial(play, hand, renamed(recorded, first, twin, owner))))
    medians = {name: statistics.median(times[WARM:]) if times else 0 for name, times in took.items()}
    return {**medians, "statements": len(recorded)}


def place(api: APIClient, account: TradingAccount) -> None:
    """POST one order. Raises unless it was filled."""
    body = {"account_id": str(account.id), "symbol": SYMBOL, "side": "buy", "quantity": "0.01", "leverage": 5}
    answer = api.post("/api/v1/orders", body, format="json")
    if answer.status_code != 201 or answer.json()["status"] != "filled":
        raise RuntimeError(answer.content.decode())


def record(work: Callable[[], object]) -> list[Statement]:
    """Do `work` and return the statements that it made, those around transactions aside."""
    found: list[Statement] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            found.append(Statement(sql, params, connection.in_atomic_block))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        work()
    return found


def renamed(
    recorded: Sequence[Statement], account: TradingAccount, twin: TradingAccount, owner: User
) -> list[Statement]:
    """Return the statements for another account, with new ids for what they insert."""
    known = {account.id.hex: twin.id.hex}
    inserted = _ids([each.params for each in recorded if each.sql.startswith("INSERT")])
    asked = _ids([each.params for each in recorded if each.sql.startswith("SELECT")])
    fresh = {key: uuid.uuid4().hex for key in inserted - asked - {owner.id.hex}}
    names = {**fresh, **known}
    return [Statement(each.sql, _renamed(each.params, names), each.in_transaction) for each in recorded]


def play(bare: psycopg.Connection, script: Sequence[Statement]) -> None:
    """Send statements as they were: those of one transaction together."""
    index = 0
    while index < len(script):
        if not script[index].in_transaction:
            _send(bare, script[index])
            index += 1
            continue
        with bare.transaction():
            while index < len(script) and script[index].in_transaction:
                _send(bare, script[index])
                index += 1


def _send(bare: psycopg.Connection, statement: Statement) -> None:
    cursor = bare.execute(statement.sql.encode(), statement.params)
    if cursor.description:
        cursor.fetchall()


def _bare(**options: Any) -> Any:
    if connection.vendor == "sqlite":
        return _Nothing()
    given = connection.get_connection_params()
    mine = {name: given[name] for name in ("dbname", "user", "password", "host", "port", "options") if name in given}
    return psycopg.connect(**mine, **options, autocommit=True)


class _Nothing:
    """No connection."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _ids(value: Any) -> set[str]:
    return {found.replace("-", "") for found in _ID.findall(repr(value))}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_renamed(each, names) for each in value)
    if isinstance(value, uuid.UUID):
        return uuid.UUID(names.get(value.hex, value.hex))
    if isinstance(value, str):
        return _ID.sub(lambda found: names.get(found[0].replace("-", ""), found[0]), value)
    return value


def _client(owner: User) -> APIClient:
    tokens = open_session(owner, device=Device(), now=timezone.now())
    return APIClient(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {tokens.access}"})


def _milliseconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
