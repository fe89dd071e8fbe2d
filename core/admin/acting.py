"""What the actions of the operators' pages do to the rows that were chosen: each act is logged, a refusal told."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest

from core.errors import AppError


def one_by_one(page: Any, request: HttpRequest, rows: Iterable[Any], do: Callable[[Any], str]) -> list[Any]:
    """Do something to each row; return those it was done to. What `do` returns is logged, its refusal is told."""
    done = []
    for row in rows:
        try:
            message = do(row)
        except AppError as refusal:
            page.message_user(request, f"{row}: {refusal.message}", messages.ERROR)
            continue
        page.log_change(request, row, message)
        done.append(row)
    return done


def log_all(request: HttpRequest, rows: Iterable[Any], message: str) -> None:
    """Log one act on many rows, in one statement."""
    LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, message)  # type: ignore[arg-type]
