"""Where the desk keeps its rows: in the PostgreSQL of DATABASE_URL, else in a file of SQLite's."""

from pathlib import Path
from typing import Any

import dj_database_url


def postgres(url: str, *, conn_max_age: int) -> Any:
    database: Any = dj_database_url.parse(url, conn_max_age=conn_max_age, conn_health_checks=True)
    database.setdefault("OPTIONS", {}).update(
        # Compiling a plan takes PostgreSQL longer than any statement of ours runs.
        options="-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s -c jit=off",
        # A server that is gone without a word is a 503 before the sender of an alert gives up: it is sent again then.
        connect_timeout=2,
        tcp_user_timeout=2500,
    )
    return database


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "core.sqlite",
        "NAME": str(path),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
