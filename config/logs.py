"""How everything is logged: one line per event, for eyes or as JSON, ids in each, secrets struck out before."""

import logging
from collections.abc import Sequence
from typing import Any

import structlog
from redis import RedisError
from structlog.processors import JSONRenderer
from structlog.typing import EventDict, Processor, WrappedLogger

from core.redaction import redacted_items

FORMATS = ("console", "json")

_PREPARING: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
# Each brings handlers of its own, which know nothing of secrets: Django's when DEBUG is on, granian's in its workers.
_WITH_OWN_HANDLERS = ("django", "django.server", "_granian", "granian.access", "celery", "celery.task")
_LEVELS = {
    "daphne": "WARNING",
    "celery": "WARNING",
    "celery.app.trace": "CRITICAL",  # a task that fails is told by django_structlog
    "django.channels.server": "WARNING",
    "django.security.DisallowedHost": "CRITICAL",  # the line of its request tells it, without a traceback
    "urllib3": "ERROR",  # its warnings hold what servers sent
}


def set_up_structlog() -> None:
    """Send what is logged through structlog to the handlers of the standard library."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_PREPARING,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_settings(*, form: str, level: str) -> dict[str, Any]:
    """Return Django's LOGGING. `form` is one of FORMATS."""
    loggers: dict[str, dict[str, Any]] = {name: {"handlers": [], "propagate": True} for name in _WITH_OWN_HANDLERS}
    for name, least in _LEVELS.items():
        loggers.setdefault(name, {})["level"] = least
    # A refusal is told by the line of its request; a fault here, with its traceback.
    loggers["django.request"] = {"level": "ERROR", "filters": ["faults"]}
    # Told every second while Redis is away: a line of it is enough.
    loggers["channels_redis.pubsub"] = {"filters": ["outages"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "faults": {"()": "django.utils.log.CallbackFilter", "callback": _has_traceback},
            "outages": {"()": "django.utils.log.CallbackFilter", "callback": _cut_outage},
        },
        "formatters": {"line": {"()": line_formatter, "form": form}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": loggers,
    }


def line_formatter(form: str) -> logging.Formatter:
    """Return the formatter of every handler."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_PREPARING,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _strike_secrets,
            *_rendering(form),
        ],
    )


def _rendering(form: str) -> Sequence[Processor]:
    if form == "json":
        return (JSONRenderer(default=str),)
    return (
        _show_on_one_line,
        structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, pad_level=False, exception_formatter=structlog.dev.plain_traceback
        ),
    )


def _strike_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return redacted_items(event.items())


def _show_on_one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape what would begin a line or move a terminal's cursor; a traceback's lines are set in."""
    shown = {name: _printable(value) for name, value in event.items() if name not in {"exception", "stack"}}
    for name in ("exception", "stack"):
        if name in event:
            shown[name] = "\n".join(f"    {_printable(line)}" for line in str(event[name]).split("\n"))
    return shown


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isprintable() else "".join(map(_printable_sign, value))
    if isinstance(value, dict):
        return {_printable(key): _printable(inner) for key, inner in value.items()}
    return [_printable(inner) for inner in value] if isinstance(value, list) else value


def _printable_sign(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")


def _has_traceback(record: logging.LogRecord) -> bool:
    return record.exc_info is not None


def _cut_outage(record: logging.LogRecord) -> bool:
    """Put the name of what Redis raised in the place of its traceback; every record is let through."""
    raised = record.exc_info[1] if record.exc_info else None
    if isinstance(raised, RedisError | OSError):
        record.msg, record.exc_info = f"{record.msg}: {type(raised).__name__}", None
    return True
