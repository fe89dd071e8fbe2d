"""Examines the desk's own secrets: that they are there, for its user's eyes only, and of the right form."""

import base64
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from config import secrets_file
from config.examinations.environment import data_dir
from core.examinations import Finding, error, first_line, ok

# Lets the settings be read where there are no secrets; an examination makes none.
STAND_IN = "no-secret-it-only-lets-the-settings-be-read"
SEALING_KEY_BYTES = 32

_BRING_BACK = "Put the file back from a backup; on a new desk `make run` makes it."


def examine_secrets() -> Iterator[Finding]:
    """Look at the file and at what comes from the environment in its place."""
    given = {name: value for name, value in os.environ.items() if value and value != STAND_IN}
    yield from secrets_findings(data_dir(os.environ) / "secrets.env", given)


def secrets_findings(path: Path, given: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the secrets in the file `path`; a name that is `given` is not looked for in it."""
    lacking = [name for name in secrets_file.NAMES if name not in given]
    kept: dict[str, str] = {}
    if lacking:
        try:
            mode, kept = stat.S_IMODE(path.stat().st_mode), secrets_file.read(path)
        except (OSError, UnicodeDecodeError) as failure:
            why = failure.strerror if isinstance(failure, OSError) else "it is no text"
            yield error(f"The secrets file {path} cannot be read: {why}.", _BRING_BACK)
            return
        yield mode_finding(path, mode)
    absent = [name for name in lacking if not kept.get(name)]
    if absent:
        yield error(f"The secrets file {path} lacks {', '.join(absent)}.", _BRING_BACK)
        return
    yield from signing_key_findings({**kept, **given})
    yield sealing_keys_finding({**kept, **given}["FIELD_ENCRYPTION_KEYS"])


def mode_finding(path: Path, mode: int) -> Finding:
    """Say whether anybody but the owner may read or write the file."""
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        advice = f"Run `chmod 600 {path}`; where others can log in here, make new secrets."
        return error(f"The secrets file {path} is open to others: its mode is {mode:04o}.", advice)
    return ok(f"The secrets file {path} is for its owner only: its mode is {mode:04o}.")


def signing_key_findings(values: Mapping[str, str]) -> Iterator[Finding]:
    """Name the signing keys that are so short that they can be guessed; the desk does not start with one."""
    for name in secrets_file.too_short(values):
        advice = f"Set {name} to {secrets_file.LEAST_BYTES} random bytes or more; everybody logs in again then."
        yield error(f"{name} is shorter than {secrets_file.LEAST_BYTES} bytes.", advice)


def sealing_keys_finding(text: str) -> Finding:
    """Read FIELD_ENCRYPTION_KEYS the way sealing does, without showing it."""
    items = [item for item in text.split(",") if item]
    try:
        sizes = [len(base64.urlsafe_b64decode(item.split(":", 1)[1].strip())) for item in items]
    except (IndexError, ValueError) as failure:
        return _bad_keys(first_line(failure))
    if not sizes or set(sizes) != {SEALING_KEY_BYTES}:
        return _bad_keys(f"each key is {SEALING_KEY_BYTES} bytes long")
    return ok(f"FIELD_ENCRYPTION_KEYS holds {len(sizes)} usable key(s).")


def _bad_keys(why: str) -> Finding:
    advice = "Write it as k1:<base64url of 32 bytes>, the key that seals first; take the old value from a backup."
    return error(f"FIELD_ENCRYPTION_KEYS cannot be used: {why}.", advice)
