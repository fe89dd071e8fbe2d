"""Decides where the project's own secrets come from: the environment, else one file made once.

The file holds `NAME=value` lines, is readable by its owner only, and is never rewritten.
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

NAMES = ("SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS")
SIGNING = ("SECRET_KEY", "JWT_SIGNING_KEY")
LEAST_BYTES = 32  # of a key that signs by SHA-256: RFC 7518, 3.2


def read_or_make(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every name in NAMES: the environment's, else the file's, made if absent."""
    given = {name: environment[name] for name in NAMES if environment.get(name)}
    if len(given) == len(NAMES):
        return given
    if not path.exists():
        _make(path)
    return {**read(path), **given}


def read(path: Path) -> dict[str, str]:
    """Return those of NAMES that the file holds. Raises OSError."""
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, value in pairs if name in NAMES}


def too_short(values: Mapping[str, str]) -> list[str]:
    """Return the names of the signing keys that are shorter than LEAST_BYTES."""
    return [name for name in SIGNING if len(values[name].encode()) < LEAST_BYTES]


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sealing_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    text = (
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        f"JWT_SIGNING_KEY={secrets.token_urlsafe(50)}\n"
        f"FIELD_ENCRYPTION_KEYS=k1:{sealing_key}\n"
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)  # fails when another process was first: its file stands
    except FileExistsError:
        return
    finally:
        draft.unlink()
