"""What the database itself refuses to do to the ledger, on SQLite and on PostgreSQL.

SQLite: an outer `INSERT OR IGNORE` or `OR REPLACE` overrides constraints, and REPLACE deletes without firing
DELETE triggers; only an explicit RAISE(ABORT) in a trigger stands. So the insert trigger repeats the rules, and
knows every key by which REPLACE finds a row, the hidden rowid among them (-1 where the statement names none).
"""

from core.triggers import Trigger

_TABLE = "accounts_transfer"
_REFUSAL = "ledger rows are never changed or deleted"

_REFUSING_FUNCTION = f"""
CREATE OR REPLACE FUNCTION accounts_transfer_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$;
"""


def _refusing(event: str) -> Trigger:
    name = f"accounts_transfer_no_{event.lower()}"
    return Trigger(
        name,
        _TABLE,
        {
            "sqlite": f"CREATE TRIGGER {name} BEFORE {event} ON {_TABLE} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
            "postgresql": f"{_REFUSING_FUNCTION} CREATE TRIGGER {name} BEFORE {event} ON {_TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION accounts_transfer_refuse()",
        },
    )


_INSERT_RULES = f"""
CREATE TRIGGER accounts_transfer_rules BEFORE INSERT ON {_TABLE} BEGIN
    SELECT RAISE(ABORT, 'a transfer moves more than zero between cash and another book')
    WHERE typeof(NEW.amount) <> 'integer' OR typeof(NEW.balance_after) <> 'integer'
       OR NEW.amount <= 0 OR NEW.debit = NEW.credit OR 'cash' NOT IN (NEW.debit, NEW.credit);
    SELECT RAISE(ABORT, 'this transfer is in the ledger already')
    WHERE EXISTS (SELECT 1 FROM {_TABLE} WHERE id = NEW.id)
       OR EXISTS (SELECT 1 FROM {_TABLE} WHERE rowid = NEW.rowid)
       OR EXISTS (SELECT 1 FROM {_TABLE} WHERE account_id = NEW.account_id AND number = NEW.number)
       OR EXISTS (SELECT 1 FROM {_TABLE} WHERE account_id = NEW.account_id AND kind = NEW.kind
                  AND reference = NEW.reference);
END
"""  # noqa: S608 - a table of ours

_TRUNCATE = Trigger(
    "accounts_transfer_no_truncate",
    _TABLE,
    {
        "postgresql": f"{_REFUSING_FUNCTION} CREATE TRIGGER accounts_transfer_no_truncate BEFORE TRUNCATE ON {_TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION accounts_transfer_refuse()"
    },
)

TRIGGERS = (
    _refusing("UPDATE"),
    _refusing("DELETE"),
    _TRUNCATE,
    Trigger("accounts_transfer_rules", _TABLE, {"sqlite": _INSERT_RULES}),
)
