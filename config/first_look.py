"""Prepares `manage.py doctor`: on a desk whose settings cannot be read it reports that, and what can still be seen.

It also keeps the doctor from changing anything, and from waiting long for a server.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import replace

import django
from django.db import connection
from environs import Env

from config import report, secrets_file
from config.examinations import environment, own_secrets
from core.examinations import Finding, error, first_line
from core.redaction import redact

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 2
_LIMITS = "-c statement_timeout=10s -c default_transaction_read_only=on"


def prepare(arguments: Sequence[str]) -> int:
    """Make ready for the command; return its exit status where it cannot run, having printed the report."""
    Env().read_env(str(environment.BASE_DIR / ".env"))
    seen = [
        *(replace(finding, name="environment") for finding in environment.examine_environment()),
        *(replace(finding, name="secrets") for finding in own_secrets.examine_secrets()),
    ]
    _stand_in_for_secrets()
    try:
        django.setup()
    except Exception as failure:
        logger.debug("the settings cannot be read", exc_info=True)
        findings = [*seen, _unreadable(failure)]
        print(report.as_json(findings) if "--json" in arguments else report.table(findings))
        return 1
    _limit_waiting()
    return 0


def _stand_in_for_secrets() -> None:
    """Where the file is missing, reading the settings would make a new one, and hide that the old one is lost."""
    if not (environment.data_dir(os.environ) / "secrets.env").exists():
        for name in secrets_file.NAMES:
            os.environ[name] = os.environ.get(name) or own_secrets.STAND_IN


def _unreadable(failure: Exception) -> Finding:
    reason = redact(f"{type(failure).__name__}: {first_line(failure)}")
    found = f"The settings cannot be read, so nothing else could be looked at: {reason}."
    return replace(
        error(found, "Correct what it names in the environment or in .env; see .env.example."), name="settings"
    )


def _limit_waiting() -> None:
    if connection.vendor == "postgresql":
        options = connection.settings_dict["OPTIONS"]
        options["connect_timeout"] = CONNECT_SECONDS
        options["options"] = f"{options.get('options', '')} {_LIMITS}".strip()
