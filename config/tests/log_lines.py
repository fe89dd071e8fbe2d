"""Catches what is logged as the desk writes it: through its own formatters, down to DEBUG."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.logs import FORMATS, line_formatter

# Those that have a level of their own in LOGGING.
_QUIET = (
    "daphne",
    "celery",
    "celery.app.trace",
    "django",
    "django.request",
    "django.channels.server",
    "axes",
)


class LogLines:
    """The lines of both formats, so far."""

    def __init__(self) -> None:
        self._written = {form: io.StringIO() for form in FORMATS}

    def handlers(self) -> list[logging.Handler]:
        made = [logging.StreamHandler(self._written[form]) for form in FORMATS]
        for form, handler in zip(FORMATS, made, strict=True):
            handler.setFormatter(line_formatter(form))
        return made

    def text(self, form: str) -> str:
        return self._written[form].getvalue()

    @property
    def whole(self) -> str:
        return "".join(self.text(form) for form in FORMATS)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text("json").splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.events if line["event"] == event]


@contextmanager
def caught(*, everything: bool = False) -> Iterator[LogLines]:
    """Catch lines; `everything`: down to DEBUG, also of those that LOGGING keeps quiet."""
    lines, root = LogLines(), logging.getLogger()
    handlers = lines.handlers()
    loggers = [root, *(logging.getLogger(name) for name in _QUIET)] if everything else []
    levels = [logger.level for logger in loggers]
    logging.getLogger("django.template").setLevel(logging.INFO)  # a traceback for each variable that is not there
    for handler in handlers:
        root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        for handler in handlers:
            root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
